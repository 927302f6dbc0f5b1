"""Rewards as people choose and try them: what there is on this machine, what keeps one from being used, and scores before a start."""
