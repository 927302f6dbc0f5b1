"""Commands of learning by rewards."""
