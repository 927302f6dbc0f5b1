"""Models: the architecture by its config, base models, and what tuned models store."""
