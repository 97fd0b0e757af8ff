"""Runs a handler: sandbox, host functions, limits, worker processes."""
