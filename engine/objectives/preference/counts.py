"""What training sees of rows with several answers, from measured lengths."""

from __future__ import annotations

from engine.data.templates.lengths import Counts, LengthIndex
from engine.objectives.declaration import Values


def counts(index: LengthIndex, values: Values) -> Counts:
    """Prompts are cut where they are too long, answers never are."""
    return index.count(int(values["max_length"]), "truncate")
