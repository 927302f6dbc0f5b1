"""Every way in which a list may tell a conversation, and how it becomes turns with role and content."""
