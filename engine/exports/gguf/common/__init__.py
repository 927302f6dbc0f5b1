"""What the families of GGUF files share."""
