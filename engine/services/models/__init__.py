"""Use cases of base and tuned models."""
