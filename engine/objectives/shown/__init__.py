"""How pages tell of objectives: families to choose from, and figures of their numbers over time."""
