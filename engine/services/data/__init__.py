"""Use cases of data sets."""
