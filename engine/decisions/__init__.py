"""What follows from each command, as facts: one noun a module, all writing into one draft."""
