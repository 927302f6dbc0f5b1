"""Answers that people rank: reads and writes."""
