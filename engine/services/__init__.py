"""Use cases: what pages, the command line and jobs ask for. Loads no training library."""
