"""`data`: list data sets, look through files, import, audit, export."""
