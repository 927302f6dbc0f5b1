"""The HTTP border of the API: OpenAI's addresses and shapes over `engine.api`."""
