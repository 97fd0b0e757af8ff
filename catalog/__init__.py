"""The vocabulary: capabilities, the registry, core handlers, the template library, the build to WebAssembly."""
