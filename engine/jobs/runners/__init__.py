"""What each kind of job does, one file a kind. Imported by the worker alone."""
