"""Goal, catalog and context to a checked fragment: prompt, model, repair."""
