"""Objectives that learn from answers which the model writes itself between the steps, and from what a reward says of them."""
