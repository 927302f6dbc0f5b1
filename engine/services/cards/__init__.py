"""What others found of a model, as its card tells it."""
