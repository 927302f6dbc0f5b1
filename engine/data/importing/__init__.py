"""From an upload to stored rows."""
