"""What a model is trained for: each objective is declared once, with its settings."""
