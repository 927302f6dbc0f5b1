"""Limits that are held while a job runs: memory, time and whole files."""
