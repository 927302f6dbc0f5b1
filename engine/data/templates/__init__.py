"""Chat templates: rendering, tokens, masks, and what a template drops."""
