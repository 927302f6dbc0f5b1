"""Commands that work on tuned models: merging several, giving one to a hub."""
