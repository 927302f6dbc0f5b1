"""Prompts with several answers, by their sizes alone."""
