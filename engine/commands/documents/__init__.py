"""The pages of docs that are written from what is declared, one a file."""
