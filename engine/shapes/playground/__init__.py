"""What pages see of what the Playground does with turns, prompts and lists."""
