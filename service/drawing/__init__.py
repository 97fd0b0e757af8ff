"""Draws a document: its scopes, its steps, what they wait for, what it may use, and its problems where they are."""
