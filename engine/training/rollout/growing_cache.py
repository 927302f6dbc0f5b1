"""Keys and values of a batch that grows token by token in room that is taken once: nothing is copied from step to step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class GrowingLayer(DynamicLayer):
    """One layer, with room for `room` tokens of each row; `keys` and `values` are what is in it so far."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self._full: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write the new ones behind the others; all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        before, new = self.get_seq_length(), key_states.shape[-2]
        after = before + new
        if self._full is None or self._full[0].shape[-2] < after:
            self._take_room(key_states, value_states, self.room if after <= self.room else after + after // 2)
        assert self._full is not None
        keys, values = self._full
        keys.narrow(-2, before, new).copy_(key_states)
        values.narrow(-2, before, new).copy_(value_states)
        self.keys, self.values = keys.narrow(-2, 0, after), values.narrow(-2, 0, after)
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Each row so many times."""
        rows = self.keys.shape[0] if self.get_seq_length() else 0
        self._choose(torch.arange(rows, device=self.keys.device if rows else None).repeat_interleave(repeats))

    def batch_select_indices(self, indices: Tensor) -> None:
        """These rows alone."""
        self._choose(indices)

    def leave_room(self) -> None:
        """Take room anew with the next token: what is in the old one belongs to another cache too."""
        self._full = None

    def _take_room(self, key_states: Tensor, value_states: Tensor, room: int) -> None:
        before = self.get_seq_length()
        taken = []
        for held, new in ((self.keys, key_states), (self.values, value_states)):
            full = new.new_empty(*new.shape[:-2], room, new.shape[-1])
            if before:
                full[..., :before, :] = held
            taken.append(full)
        self._full = taken[0], taken[1]

    def _choose(self, places: Tensor) -> None:
        """These rows, in this order, with the room that they have."""
        count = self.get_seq_length()
        if not count or self._full is None:
            return
        taken = []
        for full in self._full:
            fresh = full.new_empty(len(places), *full.shape[1:])
            fresh[..., :count, :] = full[..., :count, :].index_select(0, places)
            taken.append(fresh)
        self._full = taken[0], taken[1]
        self.keys, self.values = (full[..., :count, :] for full in self._full)


def growing_cache(config: Any, room: int) -> DynamicCache:
    """An empty cache for a model, with room for so many tokens of each row; layers that do not keep all tokens stay as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer(room) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def select_rows(cache: DynamicCache, places: list[int], device: torch.device) -> None:
    """Of every layer these rows."""
    cache.batch_select_indices(torch.tensor(places, device=device))
