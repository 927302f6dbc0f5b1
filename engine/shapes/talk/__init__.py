"""What the pages see of the playground beyond its conversations."""
