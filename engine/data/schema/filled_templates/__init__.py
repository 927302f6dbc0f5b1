"""Texts that are chat templates with a conversation filled in: which there are, and how each is taken apart into turns."""
