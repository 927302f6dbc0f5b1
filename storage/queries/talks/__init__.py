"""Queries about what belongs to conversations."""
