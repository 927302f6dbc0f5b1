"""Kinds of jobs on tuned models and what was made of them."""
