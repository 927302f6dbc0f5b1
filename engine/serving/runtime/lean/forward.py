"""A forward pass that gives what the model's own gives, up to roundings, and costs little more than reading the weights.

It is taken only where it was tried: for families whose parts are known, in fp32 on a processor, and where its scores on a few
texts are the model's. All else goes through the model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from engine.devices import kind_for_torch
from engine.serving.runtime.lean.layers import LeanLayer, LeanParts, normed, parts_of
from engine.serving.runtime.lean.lora_rows import Lora, LoraRows, LoraStack
from engine.serving.runtime.lean.products import FEW, padded
from engine.serving.runtime.lean.trial import stackable

_NEEDED = {"input_ids", "past_key_values", "use_cache", "position_ids", "logits_to_keep"}
_TAKEN = _NEEDED | {"attention_mask"}
_log = logging.getLogger(__name__)


def lean_of(model: Any) -> LeanForward | None:
    """A quick way through this model; None where there is none."""
    if model.dtype != torch.float32 or kind_for_torch(model.device.type).accelerator:
        return None
    try:
        parts = parts_of(model)
    except Exception as error:  # an architecture may be built in any way; the slow way is always right
        _log.info("the model's own forward pass is taken: %s", error)
        return None
    return None if parts is None else LeanForward(parts)


class LeanForward:
    """The scores of the last tokens of rows, each with an adapter of its own or none.

    Attributes:
        parts: of the model; adapters may change what they name.
    """

    def __init__(self, parts: LeanParts) -> None:
        self.parts = parts
        self._stack: tuple[tuple[str, ...], LoraStack] | None = None  # of the adapters of the batch in hand

    def takes(self, inputs: dict[str, Any]) -> bool:
        """Whether it can do what is asked for: scores of the last tokens, or of a few of one row, and a cache that goes on."""
        if not inputs.keys() <= _TAKEN or not inputs.get("use_cache"):
            return False
        if inputs.get("logits_to_keep") != 1 and not _of_each(inputs):
            return False
        return inputs.keys() >= _NEEDED and stackable(inputs["past_key_values"])

    def forget(self) -> None:
        """Adapters come or go: those that were put together are of no use any more."""
        self._stack = None

    def forward(self, keys: Sequence[str], adapters: dict[str, Lora], inputs: dict[str, Any]) -> Any:
        """As the model's, for `inputs` that it takes.

        Args:
            keys: of the rows' weights; those that are not in `adapters` are the base's.
            adapters: by their names.
        """
        ids, cache = inputs["input_ids"], inputs["past_key_values"]
        rows, count = ids.shape
        each = _of_each(inputs)
        blank = padded(rows * count) - rows * count if (each or count == 1) and rows * count <= FEW else 0
        changed = self._rows_of(keys, adapters, count, blank)
        states = self.parts.trunk.embed_tokens(ids).reshape(rows * count, -1)
        places = _Places(self.parts.trunk.rotary_emb(states[None], inputs["position_ids"]), rows, count)
        mask = _mask(inputs.get("attention_mask"), count, cache.get_seq_length())
        states = pad(states, (0, 0, 0, blank))
        for layer in self.parts.layers:
            states = self._through(layer, states, places, cache, mask, changed)
        if each:  # as if they were rows
            return SimpleNamespace(
                logits=self._scores(states, count, 1, changed).transpose(0, 1), past_key_values=cache
            )
        return SimpleNamespace(logits=self._scores(states, rows, count, changed), past_key_values=cache)

    def _rows_of(self, keys: Sequence[str], adapters: dict[str, Lora], each: int, blank: int) -> LoraRows | None:
        named = tuple(sorted({key for key in keys if key in adapters}))
        if not named:
            return None
        if self._stack is None or self._stack[0] != named:
            self._stack = named, LoraStack([adapters[name] for name in named])
        owners = [named.index(key) if key in named else -1 for key in keys]
        return self._stack[1].rows(owners, each, blank)

    def _through(
        self,
        layer: LeanLayer,
        states: Tensor,
        places: _Places,
        cache: Any,
        mask: Tensor | None,
        changed: LoraRows | None,
    ) -> Tensor:
        found = layer.qkv(normed(layer.before, states), changed)
        read = self._attend(layer, found[: places.tokens], places, cache, mask)
        if blank := states.shape[0] - places.tokens:
            read = pad(read, (0, 0, 0, blank))
        states += layer.out(read, changed)
        inside = normed(layer.between, states)
        if layer.gated is None or layer.down is None:
            states += layer.mlp(inside[None])[0]
            return states
        gate, up = layer.gated(inside, changed).tensor_split(2, dim=-1)
        states += layer.down(layer.act(gate).mul_(up), changed)
        return states

    def _attend(self, layer: LeanLayer, found: Tensor, places: _Places, cache: Any, mask: Tensor | None) -> Tensor:
        """What the tokens read of those before: (tokens, heads times head_dim)."""
        size = self.parts.head_dim
        widths = layer.qkv.sizes
        heads, groups = widths[0] // size, widths[1] // size
        turned = found[:, : widths[0] + widths[1]].view(-1, heads + groups, size)
        if hasattr(layer.attention, "q_norm"):
            parts = layer.attention.q_norm(turned[:, :heads]), layer.attention.k_norm(turned[:, heads:])
            turned = torch.cat(parts, dim=1)
        turned = places.turn(turned)
        queries = places.by_row(turned[:, :heads])
        keys, values = cache.update(
            places.by_row(turned[:, heads:]),
            places.by_row(found[:, widths[0] + widths[1] :].view(-1, groups, size)),
            layer.number,
        )
        scale = layer.attention.scaling
        if places.count == 1:  # heads of one group read the same keys: as if they were tokens of one head
            grouped = queries.reshape(places.rows, groups, heads // groups, size)
            read = scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=scale)
            return read.reshape(places.rows, heads * size)
        causal = mask is None and keys.shape[2] == places.count
        read = scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, is_causal=causal, scale=scale, enable_gqa=True
        )
        return read.transpose(1, 2).reshape(places.tokens, heads * size)

    def _scores(self, states: Tensor, rows: int, count: int, changed: LoraRows | None) -> Tensor:
        if count > 1:
            blank = padded(rows) - rows
            states = pad(states.view(rows, count, -1)[:, -1], (0, 0, 0, blank))
            changed = None if changed is None else changed.last(count, blank)
        return self.parts.head(normed(self.parts.trunk.norm, states), changed)[:rows, None]


class _Places:
    """Where the tokens of a pass stand.

    Attributes:
        rows: of the batch.
        count: tokens of each.
        tokens: of all.
    """

    def __init__(self, waves: tuple[Tensor, Tensor], rows: int, count: int) -> None:
        self.rows, self.count, self.tokens = rows, count, rows * count
        cosine, sine = (wave.expand(rows, -1, -1).reshape(rows * count, 1, -1) for wave in waves)
        self._half = cosine.shape[-1] // 2
        self._cosine = cosine
        self._sine = torch.cat((-sine[..., : self._half], sine[..., self._half :]), dim=-1)

    def turn(self, x: Tensor) -> Tensor:
        """Rotary places (Su et al., 2021) on heads (tokens, heads, size): halves of each turn against each other."""
        return torch.addcmul(x * self._cosine, x.roll(self._half, -1), self._sine)

    def by_row(self, x: Tensor) -> Tensor:
        """(tokens, heads, size) as (rows, heads, tokens of a row, size)."""
        return x.view(self.rows, self.count, *x.shape[1:]).transpose(1, 2)


def _mask(given: Tensor | None, count: int, before: int) -> Tensor | None:
    """Which earlier tokens each one may read, to be spread over (rows, heads, tokens, all); None where nothing is to be said.

    Args:
        given: for each row which of all places are text: those that are not stand in front.
        count: new tokens of each row.
        before: places in front of them.
    """
    if count == 1:
        return None if given is None else given[:, None, None].bool()
    if before == 0:
        return None
    earlier = torch.ones(count, before + count, dtype=torch.bool).tril(before)
    return earlier if given is None else given[:, None, None].bool() & earlier


def _of_each(inputs: dict[str, Any]) -> bool:
    """Whether the scores of each of a few tokens of one row are asked for."""
    rows, count = inputs["input_ids"].shape if "input_ids" in inputs else (0, 0)
    return bool(rows == 1 < count <= FEW and inputs.get("logits_to_keep") == count)
