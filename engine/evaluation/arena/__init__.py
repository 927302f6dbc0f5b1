"""What votes on answers prove: win rates that may be looked at any time, strengths of several models, what led the voters."""
