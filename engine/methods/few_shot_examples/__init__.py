"""Which examples are shown to the base before a question."""
