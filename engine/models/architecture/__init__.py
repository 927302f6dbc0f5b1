"""A model's size and parts by its config.json alone."""
