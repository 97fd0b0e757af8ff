"""Prompt texts: data, read by the planner."""
