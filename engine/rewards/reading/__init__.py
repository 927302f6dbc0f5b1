"""Reading answers: what stands outside the thinking, numbers, JSON, patterns, and what the row expects."""
