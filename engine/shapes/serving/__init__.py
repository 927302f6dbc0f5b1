"""What the pages see of serving models to programs, and of servers elsewhere."""
