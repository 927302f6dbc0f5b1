"""Training itself: batches, forward pass, loop, limits, calibration, and the modules that methods train."""
