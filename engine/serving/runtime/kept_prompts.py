"""Keys and values of texts that were read stay for a while, so that the next prompt of a conversation reads only what is new.

A text is a prompt with its answer. One that begins like another reads on from where they part: the next turn, an answer
given once more, an edited turn or a branch, a list of questions after the same examples. What a key's weights read is for
these weights alone; where they are replaced, it is forgotten.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from engine.serving.protocol import SPARE_BYTES
from engine.serving.runtime.lean.trial import by_pieces, stackable
from engine.training.rollout.growing_cache import GrowingLayer

MOST_TOKENS = 65_536  # of all texts together
MB = 1_000_000


@dataclass(frozen=True)
class _Text:
    """What was read of one text.

    Attributes:
        key: of the weights that read it.
        ids: its tokens.
        before: virtual tokens in the cache in front of them.
        cache: keys and values of all these.
        bytes: that they take.
    """

    key: str
    ids: tuple[int, ...]
    before: int
    cache: Any
    bytes: int


class KeptPrompts:
    """Texts that one model's weights have read, the last used at the end.

    Attributes:
        limit: bytes that they may take; 0 keeps none.
    """

    def __init__(self) -> None:
        self.limit = 0
        self._texts: list[_Text] = []

    @property
    def bytes(self) -> int:
        """What they take."""
        return sum(text.bytes for text in self._texts)

    @property
    def tokens(self) -> int:
        """How many tokens they have."""
        return sum(len(text.ids) for text in self._texts)

    def begun(self, key: str, ids: Sequence[int]) -> tuple[Any, int] | None:
        """The cache of the longest beginning of `ids` that these weights have read, and its length: all but the last token at most."""
        longest, found = 0, None
        for text in self._texts:
            common = min(_common(text.ids, ids), len(ids) - 1) if text.key == key else 0
            if common > longest and (common == len(text.ids) or stackable(text.cache)):
                longest, found = common, text
        if found is None:
            return None
        self._texts.remove(found)
        self._texts.append(found)
        return part_of(found.cache, found.before + longest), longest

    def keep(self, key: str, ids: Sequence[int], before: int, cache: Any) -> None:
        """Keep what was read of a text, instead of its own beginnings; what was used longest ago makes room.

        Args:
            before: virtual tokens in front of it.
            cache: of one row, with all these tokens and no others.
        """
        if not self.limit or not ids or not by_pieces(cache):
            return
        size = _bytes_of(cache)
        if size > self.limit or len(ids) > MOST_TOKENS or _spare_bytes() < SPARE_BYTES:
            return
        same = [text for text in self._texts if text.key == key]
        if any(len(text.ids) >= len(ids) and _common(text.ids, ids) == len(ids) for text in same):
            return
        outgrown = {id(text) for text in same if _common(text.ids, ids) == len(text.ids)}
        self._texts = [text for text in self._texts if id(text) not in outgrown]
        self._texts.append(_Text(key, tuple(ids), before, cache, size))
        self.shrink(self.limit)

    def shrink(self, limit: int) -> None:
        """From now on they may take so many bytes."""
        self.limit = limit
        while self._texts and (self.bytes > limit or self.tokens > MOST_TOKENS):
            del self._texts[0]

    def forget(self, key: str | None = None) -> None:
        """Drop what these weights have read, or all."""
        self._texts = [text for text in self._texts if key is not None and text.key != key]


def part_of(cache: Any, length: int) -> Any:
    """The first `length` tokens of a cache of one row, as another that can grow: it shares numbers with the first, which stay."""
    part = _again(cache)
    for layer in part.layers if stackable(cache) else ():
        layer.keys, layer.values = layer.keys[:, :, :length], layer.values[:, :, :length]
    return part


def row_of(cache: Any, row: int, length: int) -> Any:
    """The last `length` tokens of one row of a cache, apart from the others'."""
    alone = _again(cache)
    for layer in alone.layers if stackable(cache) else ():
        start = layer.keys.shape[2] - length
        if start or layer.keys.shape[0] > 1:
            layer.keys, layer.values = (one[row : row + 1, :, start:].clone() for one in (layer.keys, layer.values))
    return alone


def _again(cache: Any) -> Any:
    """A cache of its own with the same tensors: what it takes in next, the other does not see."""
    again = copy.copy(cache)
    again.layers = [copy.copy(layer) for layer in cache.layers]
    for layer in again.layers:
        if isinstance(layer, GrowingLayer):
            layer.leave_room()
    return again


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common from their beginning."""
    most = min(len(one), len(other))
    return next((place for place in range(most) if one[place] != other[place]), most)


def _bytes_of(cache: Any) -> int:
    """With the room behind the last token."""
    layers = [layer for layer in cache.layers if layer.is_initialized]
    return sum(tensor.untyped_storage().nbytes() for layer in layers for tensor in (layer.keys, layer.values))


def _spare_bytes() -> int:
    return int(psutil.virtual_memory().available)
