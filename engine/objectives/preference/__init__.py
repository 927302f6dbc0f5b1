"""What objectives that learn from better and worse answers share."""
