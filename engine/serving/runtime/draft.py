"""Words that stood in the text before are tried again: a few tokens are checked in one pass where they had come one by one.

Prompt lookup decoding (Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding; Yang et al. 2023, arXiv:2304.04487):
the last tokens are looked up in the prompt and in the answer so far, and what followed there is the draft. A drafted token
counts where the model itself would have chosen it, so greedy answers stay what they are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import torch

from engine.serving.runtime.lean.trial import stackable

if TYPE_CHECKING:
    from engine.serving.runtime.adapted_model import SharedBase
    from engine.serving.runtime.answer_row import AnswerRow

LOOKED_UP = 3  # tokens that must have stood there before
LONGEST = 3  # tokens of a draft: with the one before, as many as one quick product takes
_FIRST_STEPS = 4  # their time is what drafts are held against
_TRIALS = 2  # drafts before they are judged
_LEAST_GAIN = 1.1  # tokens a second with drafts over those without, or they stop for a while
_REST = 24  # tokens without drafts after a bad trial, doubled each time
_MEMORY = 0.8  # of what was measured before, in a running mean


class _OneRow(Protocol):
    """A batch of one row; see `DecodeBatch`."""

    rows: list[AnswerRow]

    def read(self, ids: Sequence[int]) -> torch.Tensor:
        """The scores that follow each of these tokens."""
        ...

    def forget(self, count: int) -> None:
        """Take so many tokens back."""
        ...


def draftable(shared_base: SharedBase, row: AnswerRow, cache: Any) -> bool:
    """Whether what a draft confirms is what the model would have said: greedy answers of a model that works in full."""
    return (
        row.request.temperature <= 0
        and shared_base.cached
        and shared_base.pieces
        and shared_base.exact
        and stackable(cache)
    )


class PromptLookup:
    """Proposes what comes next in one answer, as long as that makes it faster."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, ...], int] = {}  # the last tokens -> where what followed them begins
        self._seen = 0
        self._plain_s = self._drafted_s = self._won = 0.0
        self._steps = self._drafts = 0
        self._rest, self._resting = _REST, 0
        self._began = 0.0

    def step(self, batch: _OneRow) -> None:
        """One pass: the next token, and those after it that were drafted rightly."""
        row = batch.rows[0]
        draft = self.propose((*row.ask.ids, *row.tokens), row.ask.max_tokens - len(row.tokens) - 1)
        won = 0
        for scores in batch.read([row.tokens[-1], *draft]):
            row.take(scores)
            if row.reason is not None or won == len(draft) or row.tokens[-1] != draft[won]:
                break
            won += 1
        batch.forget(len(draft) - won)
        self.took(len(draft), won)

    def propose(self, ids: Sequence[int], most: int) -> list[int]:
        """What may come next after `ids`, at most `most` tokens; often nothing."""
        self._began = time.perf_counter()
        found = self._followed(ids)
        if self._steps < _FIRST_STEPS or self._resting > 0 or found is None:
            return []
        return list(ids[found : found + min(LONGEST, most)])

    def took(self, drafted: int, won: int) -> None:
        """One pass is over: of `drafted` tokens it confirmed `won`, besides the one that it gives anyway."""
        spent = time.perf_counter() - self._began
        if not drafted:
            self._steps += 1
            self._resting = max(0, self._resting - 1)
            self._plain_s = spent if self._steps == 1 else min(self._plain_s * 1.02, _mean(self._plain_s, spent))
            return
        self._drafts += 1
        first = self._drafts == 1
        self._drafted_s = spent if first else _mean(self._drafted_s, spent)
        self._won = won if first else _mean(self._won, won)
        if self._drafts >= _TRIALS and not self._helps():
            self._resting, self._rest = self._rest, 2 * self._rest
            self._drafts = 0

    def _helps(self) -> bool:
        return (1 + self._won) * self._plain_s >= _LEAST_GAIN * self._drafted_s

    def _followed(self, ids: Sequence[int]) -> int | None:
        """Where what followed the last tokens begins, the last time that they stood before."""
        for end in range(max(self._seen, LOOKED_UP), len(ids)):
            self._places[tuple(ids[end - LOOKED_UP : end])] = end
        self._seen = max(self._seen, len(ids))
        return self._places.get(tuple(ids[-LOOKED_UP:]))


def _mean(before: float, now: float) -> float:
    return _MEMORY * before + (1 - _MEMORY) * now
