"""Work on tuned models that are there."""
