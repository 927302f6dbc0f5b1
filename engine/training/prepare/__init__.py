"""What a job does once its trainer is there and before its first step."""
