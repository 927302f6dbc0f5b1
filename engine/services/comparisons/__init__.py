"""Use cases of comparisons of methods."""
