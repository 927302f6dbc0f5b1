"""Shapes of merging models and of giving them away."""
