"""Models that servers elsewhere answer with: OpenAI-compatible ones, whose addresses the operator has set."""
