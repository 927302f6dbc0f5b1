"""Work on tuned models that are there: merging several, giving one to a hub."""
