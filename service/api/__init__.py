"""The HTTP surface: one module per resource, all errors as RFC 9457 problem details."""
