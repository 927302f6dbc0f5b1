"""From a group of examples to its loss, by the fastest exact computation."""
