"""One reader a file format, each handing on records."""
