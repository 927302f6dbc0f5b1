"""What is read of conversations and of lists of questions as they are stored: their families, variables, and rows."""
