"""The held-out rows of a job: which of them are scored, and how the first score finds out how many there is time for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.jobs.reporter import Reporter
from engine.training.batches.tokenized_dataset import Example

if TYPE_CHECKING:
    from engine.training.loop.trainer import StepTrainer

MOST_HELD_OUT = 500
_PARTS = 8  # of the held-out rows, while nobody knows how long scoring them takes


def thinned(rows: Sequence[Example], reporter: Reporter) -> list[Example]:
    """All held-out rows, or evenly spread ones of very many."""
    if len(rows) <= MOST_HELD_OUT:
        return list(rows)
    reporter.event("info", "validation_thinned", used=MOST_HELD_OUT, total=len(rows))
    return [rows[i * len(rows) // MOST_HELD_OUT] for i in range(MOST_HELD_OUT)]


def first_score(
    trainer: StepTrainer, rows: Sequence[Example], allowance: float | None, reporter: Reporter
) -> tuple[float, Sequence[Example]]:
    """The mean loss, and the rows that were scored. Where all rows would take longer than the allowance (in seconds), it
    ends early, and the rows that were scored stand for all from then on: each part is spread evenly over them.
    """
    began = time.monotonic()
    parts = _PARTS if allowance is not None and len(rows) >= 2 * _PARTS else 1
    scored: list[Example] = []
    loss = 0.0
    for part in range(parts):
        some = list(rows[part::parts])
        loss += trainer.mean_loss(some, reporter.heed) * _weight(some)
        scored += some
        if allowance is not None and time.monotonic() - began > allowance and part + 1 < parts:
            reporter.event("warning", "validation_in_time", used=len(scored), total=len(rows))
            break
    return loss / (_weight(scored) or 1), scored


def _weight(rows: Sequence[Example]) -> float:
    return sum(example.weight for example in rows)
