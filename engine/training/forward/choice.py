"""Which computation of losses is exact for the model at hand: tried on two short rows, the leanest first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.models.architecture.anatomy import AFTER_HEAD, UNTOUCHED
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward, Headless, Packed, Padded, plain_model

_SEGMENTABLE = {"full_attention", "sliding_attention"}  # masks that `segments` makes
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 5e-2}
_PROBE_LENGTH = 24
_log = logging.getLogger(__name__)


def choose_forward(model: nn.Module, vocabulary: int, autocast: AbstractContextManager[Any], *, pack: bool) -> Forward:
    """The leanest `Forward` that the model allows and that is proven equal on two short rows."""
    padded = Padded(model)
    kinds = forwards_for(model, pack=pack)[:-1]
    if not kinds:
        return padded
    with autocast:
        expected = _probe(model, padded, vocabulary)
        for kind in kinds:
            try:
                found = _probe(model, chosen := kind(model), vocabulary)
                agrees = abs(found - expected) <= _tolerance(model) * abs(expected)
                if agrees and (kind is not Packed or _keeps_apart(model, chosen, vocabulary)):
                    return chosen
            except Exception as error:  # an architecture may object in any way; the slow path is always right
                _log.info("%s is not for this model: %s", kind.__name__, error)
    return padded


def forwards_for(model: nn.Module, *, pack: bool) -> tuple[type[Padded] | type[Packed], ...]:
    """Every `Forward` that the model's build allows, leanest first; the last one is right for every model."""
    if not _plain_head(model):
        return (Padded,)
    return (Packed, Headless, Padded) if pack and _may_pack(model) else (Headless, Padded)


def _plain_head(model: nn.Module) -> bool:
    """Whether logits are hidden states times a matrix, and nothing more."""
    base = plain_model(model)
    head, config = base.get_output_embeddings(), base.config
    untouched = all(getattr(config, key, None) in UNTOUCHED for key in AFTER_HEAD)
    return type(head) is nn.Linear and head.bias is None and untouched


def _may_pack(model: nn.Module) -> bool:
    config = plain_model(model).config
    return config._attn_implementation == "sdpa" and set(getattr(config, "layer_types", None) or ()) <= _SEGMENTABLE


def _probe(model: nn.Module, forward: Forward, vocabulary: int) -> float:
    """The loss of two fixed short rows, without dropout."""
    numbers = np.random.default_rng(0)
    return _loss(
        model, forward, [_row(numbers, vocabulary, length) for length in (_PROBE_LENGTH, _PROBE_LENGTH // 2 + 1)]
    )


def _keeps_apart(model: nn.Module, forward: Forward, vocabulary: int) -> bool:
    """Whether an example hears nothing of the one before it: states of recurrent layers and convolutions would run on.

    The sum of many labels could hide it within its tolerance; the first label of the second row cannot.
    """
    numbers = np.random.default_rng(1)
    befores = [_row(numbers, vocabulary, _PROBE_LENGTH, labels=0) for _ in range(2)]
    after = _row(numbers, vocabulary, _PROBE_LENGTH, labels=1)
    one, other = (_loss(model, forward, [before, after]) for before in befores)
    return abs(one - other) <= _tolerance(model) / 5 * abs(one)


def _row(numbers: np.random.Generator, vocabulary: int, length: int, labels: int | None = None) -> Example:
    """Random tokens, of which the first `labels` (or all) have a label."""
    ids = numbers.integers(0, vocabulary, length, dtype=np.int32)
    wanted = np.append(ids[1:], np.int32(-100)).astype(np.int32)
    wanted[labels:] = -100
    return Example(ids, wanted, int((wanted >= 0).sum()))


def _loss(model: nn.Module, forward: Forward, group: Sequence[Example]) -> float:
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), forward.session(group):
            return float(forward.cross_entropy(group))
    finally:
        model.train(training)


def _tolerance(model: nn.Module) -> float:
    kinds = {parameter.dtype for parameter in model.parameters()}
    return max(_TOLERANCE.get(kind, 5e-2) for kind in kinds)
