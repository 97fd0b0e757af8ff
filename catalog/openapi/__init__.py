"""Capabilities from an OpenAPI document: one handler per operation."""
