"""Base models: where they come from, what is refused, and how they are made ready."""
