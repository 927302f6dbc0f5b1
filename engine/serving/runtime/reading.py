"""Prompts of several sides are read in one pass, where that is quicker than one after the other and gives each side the same.

Many tokens keep a processor busy however they come; few do not. So prompts that have the same number of new tokens, and not many
of them, are read together: the same question to several weights, most of all when the turns before are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.serving.runtime.answer_row import AnswerRow
from engine.serving.runtime.decode_batch import DecodeBatch, opened
from engine.serving.runtime.lean.trial import stackable, stacked

MOST_TOGETHER = (
    512  # new tokens of all rows; of more, one after the other is as quick, and the first side speaks sooner
)
_log = logging.getLogger("tunesmith.inference")


@dataclass(frozen=True)
class Opened:
    """A row whose prompt may be read beside others.

    Attributes:
        row: the side.
        cache: in which its prompt begins.
        read: tokens in it.
    """

    row: AnswerRow
    cache: Any
    read: int

    @property
    def new(self) -> tuple[int, ...]:
        """Tokens that are still to be read."""
        return self.row.ask.ids[self.row.reused :]


def read_some(
    rows: Sequence[AnswerRow], stopped: Callable[[], bool]
) -> tuple[list[DecodeBatch], list[AnswerRow], list[AnswerRow]]:
    """Batches of rows whose prompts were read together, all rows that had a part in it, and the others, which are untouched."""
    groups: dict[tuple[int, int, int], list[Opened]] = {}
    firsts = {
        (id(row.adapted.shared_base), row.adapted.key): row for row in reversed(rows)
    }  # later ones go on from theirs
    for row in firsts.values() if len(firsts) > 1 else ():
        if _may(row) and (found := _opened(row)) is not None:
            shared = row.adapted.shared_base
            begun = min(found.read, 1) if shared.quick else found.read
            groups.setdefault((id(shared), len(found.new), begun), []).append(found)
    made: list[DecodeBatch] = []
    told: list[AnswerRow] = []
    for group in groups.values():
        together = len(group) > 1 and sum(len(one.new) for one in group) <= MOST_TOGETHER
        if together and not stopped() and (batch := _tried(group)) is not None:
            made.append(batch)
            told += [one.row for one in group]
    done = {id(row) for row in told}
    return [batch for batch in made if batch.rows], told, [row for row in rows if id(row) not in done]


def _may(row: AnswerRow) -> bool:
    """Whether others may be read beside it: weights that get the same in company, and tokens that the model knows."""
    shared, ids = row.adapted.shared_base, row.ask.ids
    if not (shared.pieces and shared.cached and ids) or max(ids) >= shared.rows:
        return False
    return shared.company(row.adapted.key) is not None


def _opened(row: AnswerRow) -> Opened | None:
    try:
        cache = opened(row)
    except RuntimeError as error:  # it is read alone, and says then what is wrong
        _log.info("%s is read alone: %s", row.ask.side, error)
        return None
    return Opened(row, cache, row.before + row.reused) if stackable(cache) else None


def _tried(group: Sequence[Opened]) -> DecodeBatch | None:
    """Their batch; None where it cannot be had, mostly for want of memory: they are read one by one then."""
    try:
        return _read(group)
    except RuntimeError as error:
        _log.info("prompts are read one by one: %s", error)
        return None


def _read(group: Sequence[Opened]) -> DecodeBatch:
    rows, shared = [one.row for one in group], group[0].row.adapted.shared_base
    before = [one.read for one in group]
    cache = stacked([one.cache for one in group], before) if before[0] else group[0].cache
    ids = torch.tensor([one.new for one in group], device=shared.device)
    inputs = shared.inputs.padded(ids, cache, before, max(before))
    scores = shared.forward([row.adapted.key for row in rows], **inputs, **shared.inputs.last_only).logits[:, -1]
    for row, its in zip(rows, scores, strict=True):
        row.take(its)
    lengths = [read + ids.shape[1] for read in before]
    batch = DecodeBatch(shared, rows, cache, lengths)
    batch.keep(range(len(rows)))
    batch.leave()
    return batch
