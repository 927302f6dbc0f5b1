"""Personal data and secrets in a text: where they are, and what kind."""
