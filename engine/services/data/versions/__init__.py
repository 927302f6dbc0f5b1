"""Versions of data sets."""
