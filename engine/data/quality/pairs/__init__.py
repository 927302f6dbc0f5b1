"""Checks of answers that were judged against each other."""
