"""What is told of models that are taken away."""
