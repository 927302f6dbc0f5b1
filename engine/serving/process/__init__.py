"""The process that chats run in: its server, its client, who is admitted and in which order."""
