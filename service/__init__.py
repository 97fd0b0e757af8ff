"""The outside: HTTP, CLI, settings, and the composition root."""
