"""Use cases of recipes of several jobs."""
