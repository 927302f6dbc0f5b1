"""Rows that a writer makes of passages: what is asked, how its answer is read, and what a row must be before a person sees it."""
