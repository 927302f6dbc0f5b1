"""What a model can do of what chats ask for, tried once on a few tokens instead of known by the name of its family."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from engine.serving.runtime.lean.eight_bits import packed
from engine.training.rollout.growing_cache import GrowingLayer, growing_cache

_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
_ALL_KEPT = (DynamicLayer, GrowingLayer)
_KEYS_AND_VALUES = (*_ALL_KEPT, DynamicSlidingWindowLayer)
_ROOM = 256  # tokens that a new cache has room for
_LENGTH = 8
_log = logging.getLogger(__name__)

Answer = Callable[[Sequence[str], dict[str, Any]], torch.Tensor]  # names of weights, inputs -> scores of the last token
Open = Callable[[str], tuple[Any, int]]  # a cache, and how many tokens are in it


class TextInputs:
    """What a forward pass takes, by its signature: families call the cache differently, and not all want to know places.

    Places are said wherever they can be: some families count from 0 in every pass where they are not.

    Attributes:
        last_only: asks for the scores of the last token alone.
    """

    def __init__(self, model: Any) -> None:
        taken = inspect.signature(model.forward).parameters
        self._cache = "cache_params" if "cache_params" in taken else "past_key_values"
        self._placed = "position_ids" in taken
        self.last_only: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}

    def of(self, ids: torch.Tensor, cache: Any, before: int) -> dict[str, Any]:
        """Tokens of one row (or their vectors), after `before` others that are in the cache."""
        places = torch.arange(before, before + ids.shape[1], device=ids.device)[None]
        return self._with(ids, cache, places)

    def padded(self, ids: torch.Tensor, cache: Any, lengths: Sequence[int], width: int) -> dict[str, Any]:
        """More tokens for each row of a cache that holds `lengths` tokens of them, padded on the left to `width`."""
        counts, more = torch.tensor(lengths, device=ids.device)[:, None], ids.shape[1]
        inputs = self._with(ids, cache, counts + torch.arange(more, device=ids.device))
        if min(lengths) != width:
            columns = torch.arange(width + more, device=ids.device)[None]
            inputs["attention_mask"] = (columns >= width - counts).long()
        return inputs

    def cache_of(self, inputs: dict[str, Any]) -> Any:
        """The cache among such inputs."""
        return inputs[self._cache]

    def _with(self, ids: torch.Tensor, cache: Any, places: torch.Tensor) -> dict[str, Any]:
        text = "inputs_embeds" if ids.is_floating_point() else "input_ids"
        inputs = {text: ids, self._cache: cache, "use_cache": True}
        return inputs | {"position_ids": places} if self._placed else inputs


def exact(model: Any) -> bool:
    """Whether a number is the same however many others are worked out with it, but for what no chosen token depends on."""
    return bool(model.dtype == torch.float32) and not packed(model)


def tolerance(model: Any) -> float:
    """What roundings may make of its scores, over the largest of them."""
    return _TOLERANCE.get(torch.bfloat16 if packed(model) else model.dtype, 1e-1)


def by_pieces(cache: Any) -> bool:
    """Whether a text can be read in pieces: recurrent layers carry their states on for single tokens alone."""
    return all(type(layer) in _KEYS_AND_VALUES for layer in cache.layers)


def new_cache(config: Any) -> DynamicCache:
    """An empty cache, which takes room for many tokens at once where it keeps all of them."""
    return growing_cache(config, _ROOM)


def roomy(cache: DynamicCache) -> DynamicCache:
    """What is in a cache, in one as `new_cache` makes it."""
    for number, layer in enumerate(cache.layers):
        if type(layer) is DynamicLayer:
            cache.layers[number] = GrowingLayer(layer.get_seq_length() + _ROOM)
            cache.update(layer.keys, layer.values, number)
    return cache


def stackable(cache: Any) -> bool:
    """Whether the cache is keys and values of all tokens: no sliding windows, no recurrent states."""
    return all(type(layer) in _ALL_KEPT for layer in cache.layers)


def stacked(caches: Sequence[Any], lengths: Sequence[int]) -> DynamicCache:
    """One cache for the rows of these, shorter ones padded on the left."""
    width = max(lengths)

    def stack(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat([pad(t, (0, 0, width - t.shape[2], 0)) for t in tensors])

    cache = DynamicCache()
    cache.layers = [GrowingLayer(width + _ROOM) for _ in caches[0].layers]
    for number in range(len(caches[0].layers)):
        layers = [one.layers[number] for one in caches]
        cache.update(stack([layer.keys for layer in layers]), stack([layer.values for layer in layers]), number)
    return cache


class Trial:
    """Short texts through a model in one way and in another."""

    def __init__(self, model: Any, answer: Answer, opened: Open) -> None:
        self._model, self._answer, self._open, self._inputs = model, answer, opened, TextInputs(model)
        self._words = model.get_input_embeddings().weight.shape[0]
        self._most = tolerance(model)

    def reads_on(self, key: str) -> bool:
        """Whether the scores of a text are the same when its last token is read after the others, with a cache."""

        def attempt() -> bool:
            ids = self._ids(0)
            cache, before = self._open(key)
            whole = self._answer([key], self._inputs.of(ids, cache, before))
            return self._alike(self._read(key, ids), whole)

        return self._holds(attempt)

    def together(self, keys: Sequence[str]) -> bool:
        """Whether rows of these weights, of different lengths, have in one batch the scores that each has alone."""

        def attempt() -> bool:
            texts = [self._ids(number)[:, number:] for number in range(len(keys))]
            alone = [self._read(key, text) for key, text in zip(keys, texts, strict=True)]
            begun = [self._begin(key, text) for key, text in zip(keys, texts, strict=True)]
            caches, lengths = [cache for cache, _ in begun], [length for _, length in begun]
            last = torch.cat([text[:, -1:] for text in texts])
            found = self._answer(keys, self._inputs.padded(last, stacked(caches, lengths), lengths, max(lengths)))
            return self._alike(found, torch.cat(alone))

        return self._holds(attempt)

    def _begin(self, key: str, ids: torch.Tensor) -> tuple[Any, int]:
        """A cache in which all but the last token are read, and how many that are."""
        cache, before = self._open(key)
        self._answer([key], self._inputs.of(ids[:, :-1], cache, before))
        return cache, before + ids.shape[1] - 1

    def _read(self, key: str, ids: torch.Tensor) -> torch.Tensor:
        """Scores of the last token, read after the others."""
        cache, before = self._begin(key, ids)
        return self._answer([key], self._inputs.of(ids[:, -1:], cache, before))

    def _ids(self, number: int) -> torch.Tensor:
        first = 1 + number * _LENGTH
        return torch.arange(first, first + _LENGTH, device=self._model.device).remainder(self._words)[None]

    def _alike(self, found: torch.Tensor, expected: torch.Tensor) -> bool:
        """No more than roundings between them."""
        most = self._most * float(expected.abs().max())
        return bool(torch.isfinite(found).all()) and float((found - expected).abs().max()) <= most

    @torch.inference_mode()
    def _holds(self, attempt: Callable[[], bool]) -> bool:
        try:
            return attempt()
        except Exception as error:  # an architecture may object in any way; the slow way is always right
            _log.info("answers come in the slow way: %s", error)
            return False
