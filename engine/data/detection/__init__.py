"""What a file or an upload is, found by its content."""
