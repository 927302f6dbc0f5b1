"""Answers of base and tuned models: the inference process and what runs inside it."""
