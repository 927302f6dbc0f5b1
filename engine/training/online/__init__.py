"""Jobs whose objective learns from answers that the model writes: what they have besides."""
