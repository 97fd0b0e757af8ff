"""Checks: small pure functions, all run, all findings reported."""
