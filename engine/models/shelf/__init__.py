"""Models that people choose from before any of them is on this machine: a list of known ones, hubs, and what lies in their caches."""
