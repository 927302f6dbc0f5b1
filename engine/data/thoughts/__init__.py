"""The thinking before an answer: how it is marked, how a chat template takes it, and what of it a job wants."""
