"""Stored rows: their content, index, parts, and what is known of them."""
