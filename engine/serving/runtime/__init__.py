"""Models in memory and the batch that they decode."""
