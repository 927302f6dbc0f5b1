"""Data on its way from an upload to tokens: detection, readers, rows, checks, operations, templates, writers."""
