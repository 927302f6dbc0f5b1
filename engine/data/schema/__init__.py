"""The shapes that a data set may come in, which of them the columns at hand have, and how columns are mapped to fields."""
