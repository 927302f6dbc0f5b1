"""Rows that go through the model together, with their keys and values of earlier tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from engine.serving.runtime.adapted_model import Trunk
from engine.serving.runtime.answer_row import Row

_PREFILL_TOKENS = 1024  # read at once; between such pieces a stop is heard


class Lane:
    """Rows of one trunk and their common cache. Shorter rows are padded on the left, and the padding is masked.

    Attributes:
        lengths: tokens of each row that are in the cache.
    """

    def __init__(self, trunk: Trunk, rows: list[Row], cache: Any, lengths: list[int]) -> None:
        self.trunk, self.rows, self.cache, self.lengths = trunk, rows, cache, lengths
        self._width = max(lengths)

    def step(self) -> None:
        """One more token for each row; those that end leave the lane."""
        device = self.trunk.device
        inputs: dict[str, Any] = {"input_ids": torch.tensor([[row.tokens[-1]] for row in self.rows], device=device)}
        if any(length != self._width for length in self.lengths):
            inputs |= self._placing()
        logits = _forward(self.trunk, self.rows, self.cache, inputs)
        self.lengths = [length + 1 for length in self.lengths]
        self._width += 1
        for row, scores in zip(self.rows, logits, strict=True):
            row.take(scores)
        self._leave()

    def _placing(self) -> dict[str, torch.Tensor]:
        device = self.trunk.device
        lengths = torch.tensor(self.lengths, device=device)[:, None]
        columns = torch.arange(self._width + 1, device=device)[None]
        return {"attention_mask": (columns >= self._width - lengths).long(), "position_ids": lengths}

    def _leave(self) -> None:
        stay = [i for i, row in enumerate(self.rows) if row.reason is None]
        if len(stay) == len(self.rows):
            return
        if stay:
            self.cache.batch_select_indices(torch.tensor(stay, device=self.trunk.device))
        self.rows = [self.rows[i] for i in stay]
        self.lengths = [self.lengths[i] for i in stay]


def _forward(trunk: Trunk, rows: Sequence[Row], cache: Any, inputs: dict[str, Any]) -> torch.Tensor:
    keys = [row.voice.key for row in rows]
    outputs = trunk.forward(keys, past_key_values=cache, use_cache=True, logits_to_keep=1, **inputs)
    return outputs.logits[:, -1]


def prefill(row: Row, stopped: Callable[[], bool]) -> Lane | None:
    """Read a row's prompt and choose its first token. None when a stop came first."""
    trunk = row.voice.trunk
    cache, opened = trunk.open(row.voice.key)
    ids = torch.tensor([row.ask.ids], device=trunk.device)
    logits = None
    for piece in ids.split(_PREFILL_TOKENS, dim=1):
        if stopped():
            return None
        logits = _forward(trunk, [row], cache, {"input_ids": piece})
    if logits is not None:
        row.take(logits[0])
    return Lane(trunk, [row], cache, [opened + len(row.ask.ids)])


def join(lanes: Sequence[Lane]) -> list[Lane]:
    """Put lanes of one trunk into one batch, where each row keeps getting exactly what it would get alone."""
    joined: list[Lane] = []
    for trunk in dict.fromkeys(lane.trunk for lane in lanes):
        own = [lane for lane in lanes if lane.trunk is trunk]
        social = [lane for lane in own if _plain(lane) and trunk.company(lane.rows[0].voice.key) is not None]
        joined += [lane for lane in own if lane not in social]
        joined += [_batch(social)] if len(social) > 1 else social
    return joined


def _plain(lane: Lane) -> bool:
    """Whether the cache is keys and values of all tokens: no sliding windows, no recurrent states."""
    return all(type(layer) is DynamicLayer for layer in lane.cache.layers)


def _batch(lanes: Sequence[Lane]) -> Lane:
    lengths = [lane.lengths[0] for lane in lanes]
    width = max(lengths)

    def stack(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat([pad(t, (0, 0, width - t.shape[2], 0)) for t in tensors])

    cache = DynamicCache()
    for number in range(len(lanes[0].cache.layers)):
        layers = [lane.cache.layers[number] for lane in lanes]
        cache.update(stack([layer.keys for layer in layers]), stack([layer.values for layer in layers]), number)
    return Lane(lanes[0].trunk, [row for lane in lanes for row in lane.rows], cache, lengths)
