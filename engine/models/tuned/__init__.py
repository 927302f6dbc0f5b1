"""What a tuned model's folder holds, and whether it is what was trained."""
