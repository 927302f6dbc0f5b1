"""Rows that go through the model together, with their keys and values of earlier tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch

from engine.core.errors import Fault
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.answer_row import AnswerRow
from engine.serving.runtime.draft import PromptLookup, draftable
from engine.serving.runtime.kept_prompts import row_of
from engine.serving.runtime.lean.trial import stackable, stacked

log = logging.getLogger("tunesmith.inference")
_PREFILL_TOKENS = 1024  # read at once; between such pieces a stop is heard


class DecodeBatch:
    """Rows of one shared base and their common cache. Shorter rows are padded on the left, and the padding is masked.

    Attributes:
        lengths: tokens of each row that are in the cache.
        width: places of the cache, padding included.
    """

    def __init__(
        self, shared_base: SharedBase, rows: list[AnswerRow], cache: Any, lengths: list[int], width: int = 0
    ) -> None:
        self.shared_base, self.rows, self.cache, self.lengths = shared_base, rows, cache, lengths
        self.width = max(width, *lengths)
        alone = len(rows) == 1 and self.width == lengths[0]
        self._draft = PromptLookup() if alone and draftable(shared_base, rows[0], cache) else None

    def read(self, ids: Sequence[int]) -> torch.Tensor:
        """Tokens of the one row, after those in the cache; the scores that follow each of them."""
        shared, last = self.shared_base, dict.fromkeys(self.shared_base.inputs.last_only, len(ids))
        inputs = shared.inputs.of(torch.tensor([ids], device=shared.device), self.cache, self.lengths[0])
        scores: torch.Tensor = shared.forward([self.rows[0].adapted.key], **inputs, **last).logits[0]
        self._hold(self.lengths[0] + len(ids))
        return scores[-len(ids) :]

    def forget(self, count: int) -> None:
        """Take the last tokens of the one row out of the cache."""
        if count:
            self.cache.crop(-count)
            self._hold(self.lengths[0] - count)

    def _hold(self, length: int) -> None:
        self.lengths, self.width = [length], length

    def step(self) -> None:
        """One more token for each row (or some, where a draft was right); those that end leave the batch."""
        if self._draft is not None and len(self.rows) == 1:
            self._draft.step(self)
            self.leave()
            return
        logits = self._next() if self.shared_base.cached else self._anew()
        self.lengths = [length + 1 for length in self.lengths]
        self.width += 1
        for row, scores in zip(self.rows, logits, strict=True):
            row.take(scores)
        self.leave()

    def _next(self) -> torch.Tensor:
        ids = torch.tensor([[row.tokens[-1]] for row in self.rows], device=self.shared_base.device)
        inputs = self.shared_base.inputs.padded(ids, self.cache, self.lengths, self.width)
        return _forward(self.shared_base, self.rows, inputs)

    def _anew(self) -> torch.Tensor:
        """The whole text of the one row, for models that do not go on from a cache as they would read the text."""
        row = self.rows[0]
        ids = torch.tensor([[*row.ask.ids, *row.tokens]], device=self.shared_base.device)
        inputs, _count = self.shared_base.begin(row.adapted.key, ids)
        return _forward(self.shared_base, [row], inputs)

    def keep(self, places: Sequence[int]) -> None:
        """Keep what the rows at these places have read, for prompts that begin so; no answer is lost where memory is too short."""
        if not (self.shared_base.keeps and self.shared_base.kept.limit):
            return
        try:
            self._keep(places)
        except RuntimeError as error:  # mostly of memory
            log.warning("what was read is not kept", exc_info=error)
            self.shared_base.kept.forget()

    def _keep(self, places: Sequence[int]) -> None:
        for i in places:
            row, length = self.rows[i], self.lengths[i]
            ids = (*row.ask.ids, *row.tokens)[: length - row.before]
            self.shared_base.kept.keep(row.adapted.key, ids, row.before, row_of(self.cache, i, length))

    def leave(self) -> None:
        """Let the rows go that have come to their end."""
        stay = [i for i, row in enumerate(self.rows) if row.reason is None]
        if len(stay) == len(self.rows):
            return
        self.keep([i for i, row in enumerate(self.rows) if row.reason is not None])
        if stay:
            self.cache.batch_select_indices(torch.tensor(stay, device=self.shared_base.device))
        self.rows = [self.rows[i] for i in stay]
        self.lengths = [self.lengths[i] for i in stay]


def _forward(shared_base: SharedBase, rows: Sequence[AnswerRow], inputs: dict[str, Any]) -> torch.Tensor:
    keys = [row.adapted.key for row in rows]
    return shared_base.forward(keys, **inputs, **shared_base.inputs.last_only).logits[:, -1]


def opened(row: AnswerRow) -> Any:
    """The cache in which a row's prompt begins, with what was kept of it; the row says how much that is."""
    shared_base = row.adapted.shared_base
    cache, row.before = shared_base.open(row.adapted.key)
    row.reused = 0  # what was kept when it was opened before may be gone
    if shared_base.keeps and (begun := shared_base.kept.begun(row.adapted.key, row.ask.ids)):
        cache, row.reused = begun
    return cache


def prefill(row: AnswerRow, stopped: Callable[[], bool]) -> DecodeBatch | None:
    """Read a row's prompt and choose its first token. None when a stop came first.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for, which would end a GPU's process.
    """
    shared_base = row.adapted.shared_base
    if max(row.ask.ids, default=0) >= shared_base.rows:
        raise Fault("chat.beyond", token=max(row.ask.ids), rows=shared_base.rows)
    ids = torch.tensor([row.ask.ids], device=shared_base.device)
    if stopped():
        return None
    if not (shared_base.pieces and shared_base.cached):
        inputs, read = shared_base.begin(row.adapted.key, ids)
        row.take(_forward(shared_base, [row], inputs)[0])
        return DecodeBatch(shared_base, [row], shared_base.inputs.cache_of(inputs), [read])
    cache = opened(row)
    ids, read, logits = ids[:, row.reused :], row.before + row.reused, None
    for piece in ids.split(_PREFILL_TOKENS, dim=1):
        if stopped():
            return None
        logits = _forward(shared_base, [row], shared_base.inputs.of(piece, cache, read))
        read += piece.shape[1]
    if logits is not None:
        row.take(logits[0])
    batch = DecodeBatch(shared_base, [row], cache, [read])
    batch.keep([0])
    return batch


def join(batches: Sequence[DecodeBatch]) -> list[DecodeBatch]:
    """Put batches of one shared base into one, where each row keeps getting exactly what it would get alone."""
    joined: list[DecodeBatch] = []
    for shared_base in dict.fromkeys(batch.shared_base for batch in batches):
        own = [batch for batch in batches if batch.shared_base is shared_base]
        if len(own) == 1:
            joined += own
            continue
        mixable = [
            batch
            for batch in own
            if stackable(batch.cache) and shared_base.company(batch.rows[0].adapted.key) is not None
        ]
        joined += [batch for batch in own if batch not in mixable]
        joined += _joined(mixable) if len(mixable) > 1 else mixable
    return joined


def _joined(batches: Sequence[DecodeBatch]) -> list[DecodeBatch]:
    """One batch of these; all as they are where memory is too short for it."""
    try:
        return [_batch(batches)]
    except RuntimeError as error:
        log.warning("answers come in turns", exc_info=error)
        return list(batches)


def _batch(batches: Sequence[DecodeBatch]) -> DecodeBatch:
    cache = stacked([batch.cache for batch in batches], [batch.width for batch in batches])
    rows, lengths = ([one for b in batches for one in ones(b)] for ones in (lambda b: b.rows, lambda b: b.lengths))
    return DecodeBatch(batches[0].shared_base, rows, cache, lengths, max(batch.width for batch in batches))
