"""Use cases of the program as a whole: learning, lessons, hardware, preferences, drafts."""
