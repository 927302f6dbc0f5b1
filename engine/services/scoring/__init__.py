"""A reward model as an instrument: it scores texts, picks the best of several answers, judges models, and is looked at itself."""
