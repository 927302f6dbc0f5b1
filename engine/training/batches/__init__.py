"""Rows as tokenised examples, and the order in which they are seen."""
