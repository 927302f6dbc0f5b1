"""Rows that go through the model together, with their keys and values of earlier tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from engine.core.errors import Fault
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.answer_row import AnswerRow

_PREFILL_TOKENS = 1024  # read at once; between such pieces a stop is heard


class DecodeBatch:
    """Rows of one shared base and their common cache. Shorter rows are padded on the left, and the padding is masked.

    Attributes:
        lengths: tokens of each row that are in the cache.
    """

    def __init__(self, shared_base: SharedBase, rows: list[AnswerRow], cache: Any, lengths: list[int]) -> None:
        self.shared_base, self.rows, self.cache, self.lengths = shared_base, rows, cache, lengths
        self._width = max(lengths)

    def step(self) -> None:
        """One more token for each row; those that end leave the batch."""
        device = self.shared_base.device
        inputs: dict[str, Any] = {"input_ids": torch.tensor([[row.tokens[-1]] for row in self.rows], device=device)}
        if any(length != self._width for length in self.lengths):
            inputs |= self._placing()
        logits = _forward(self.shared_base, self.rows, self.cache, inputs)
        self.lengths = [length + 1 for length in self.lengths]
        self._width += 1
        for row, scores in zip(self.rows, logits, strict=True):
            row.take(scores)
        self._leave()

    def _placing(self) -> dict[str, torch.Tensor]:
        device = self.shared_base.device
        lengths = torch.tensor(self.lengths, device=device)[:, None]
        columns = torch.arange(self._width + 1, device=device)[None]
        return {"attention_mask": (columns >= self._width - lengths).long(), "position_ids": lengths}

    def _leave(self) -> None:
        stay = [i for i, row in enumerate(self.rows) if row.reason is None]
        if len(stay) == len(self.rows):
            return
        if stay:
            self.cache.batch_select_indices(torch.tensor(stay, device=self.shared_base.device))
        self.rows = [self.rows[i] for i in stay]
        self.lengths = [self.lengths[i] for i in stay]


def _forward(shared_base: SharedBase, rows: Sequence[AnswerRow], cache: Any, inputs: dict[str, Any]) -> torch.Tensor:
    keys = [row.adapted.key for row in rows]
    outputs = shared_base.forward(keys, past_key_values=cache, use_cache=True, logits_to_keep=1, **inputs)
    return outputs.logits[:, -1]


def prefill(row: AnswerRow, stopped: Callable[[], bool]) -> DecodeBatch | None:
    """Read a row's prompt and choose its first token. None when a stop came first.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for, which would end a GPU's process.
    """
    shared_base = row.adapted.shared_base
    if max(row.ask.ids, default=0) >= shared_base.rows:
        raise Fault("chat.beyond", token=max(row.ask.ids), rows=shared_base.rows)
    cache, opened = shared_base.open(row.adapted.key)
    ids = torch.tensor([row.ask.ids], device=shared_base.device)
    logits = None
    for piece in ids.split(_PREFILL_TOKENS, dim=1):
        if stopped():
            return None
        logits = _forward(shared_base, [row], cache, {"input_ids": piece})
    if logits is not None:
        row.take(logits[0])
    return DecodeBatch(shared_base, [row], cache, [opened + len(row.ask.ids)])


def join(batches: Sequence[DecodeBatch]) -> list[DecodeBatch]:
    """Put batches of one shared base into one, where each row keeps getting exactly what it would get alone."""
    joined: list[DecodeBatch] = []
    for shared_base in dict.fromkeys(batch.shared_base for batch in batches):
        own = [batch for batch in batches if batch.shared_base is shared_base]
        mixable = [
            batch for batch in own if _plain(batch) and shared_base.company(batch.rows[0].adapted.key) is not None
        ]
        joined += [batch for batch in own if batch not in mixable]
        joined += [_batch(mixable)] if len(mixable) > 1 else mixable
    return joined


def _plain(batch: DecodeBatch) -> bool:
    """Whether the cache is keys and values of all tokens: no sliding windows, no recurrent states."""
    return all(type(layer) is DynamicLayer for layer in batch.cache.layers)


def _batch(batches: Sequence[DecodeBatch]) -> DecodeBatch:
    lengths = [batch.lengths[0] for batch in batches]
    width = max(lengths)

    def stack(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat([pad(t, (0, 0, width - t.shape[2], 0)) for t in tensors])

    cache = DynamicCache()
    for number in range(len(batches[0].cache.layers)):
        layers = [batch.cache.layers[number] for batch in batches]
        cache.update(stack([layer.keys for layer in layers]), stack([layer.values for layer in layers]), number)
    return DecodeBatch(batches[0].shared_base, [row for batch in batches for row in batch.rows], cache, lengths)
