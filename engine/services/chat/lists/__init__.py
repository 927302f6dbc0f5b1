"""Lists of questions beyond plain lines: prompts filled from rows, and their answers as a table to look through."""
