"""Answers that the model in training writes between its steps, and what becomes of them."""
