"""JSON values, patterns and schemas, and the limits of work on them; knows nothing of workflows."""
