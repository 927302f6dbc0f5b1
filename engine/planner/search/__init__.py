"""From a budget to ranked complete plans."""
