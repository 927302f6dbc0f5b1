"""Rows back into files: the data set's own form or the columns that it came with, as JSONL, CSV, Parquet or a folder for a hub."""
