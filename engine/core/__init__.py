"""What everything else stands on: errors, texts, parameters, settings, processes, hardware. Imports nothing above it."""
