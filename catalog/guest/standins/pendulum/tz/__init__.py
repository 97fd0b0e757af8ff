"""Time zones, as far as there are any."""
