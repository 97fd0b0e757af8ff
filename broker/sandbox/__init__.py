"""The only package that touches wasmtime."""
