"""Rows that people made or must judge: the annotation queue, feedback, rewritten rows."""
