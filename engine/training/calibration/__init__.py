"""Dry runs on fake tensors and probes of real steps, by which plans are corrected."""
