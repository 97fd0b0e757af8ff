"""Host functions: what a guest may ask of the world, under guard."""
