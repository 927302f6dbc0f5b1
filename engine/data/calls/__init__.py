"""Calls of tools as chat templates write them: what a template asks for, and whether a call can be read back from its text."""
