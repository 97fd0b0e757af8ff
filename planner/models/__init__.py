"""Models: the port, and its adapters and wrappers."""
