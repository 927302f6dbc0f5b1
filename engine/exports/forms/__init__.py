"""The forms in which a tuned model can be taken away, a file each."""
