"""The Data page: `page` draws it, the other modules hold what its tabs and panels call."""
