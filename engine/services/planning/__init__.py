"""Use cases of planning: estimates, the search for plans, dry runs, speed probes, repairs of a spec."""
