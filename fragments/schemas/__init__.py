"""JSON Schemas as types: following paths, comparing, inferring. Validation itself is the library's (`jsonschema`)."""
