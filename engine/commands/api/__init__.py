"""Commands about the API for programs."""
