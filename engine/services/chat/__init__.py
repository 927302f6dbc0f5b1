"""Use cases of the playground."""
