"""What readers share: records, encodings, lines, and strict JSON."""
