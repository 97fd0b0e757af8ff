"""What every process writes to standard error: one configuration, without secrets, rendered beside the work."""
