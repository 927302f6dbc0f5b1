"""Several adapters of one base become one: ways to do it, what can be merged, and the work. Imports no torch here."""
