"""Audits of data sets."""
