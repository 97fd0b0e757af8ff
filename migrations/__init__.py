"""Migrations of the database, run by `engine.store.upgrading` at start."""
