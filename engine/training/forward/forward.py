"""From a group of examples to the sum of their losses, by the fastest computation that is exact for the model at hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.architecture.anatomy import AFTER_HEAD, UNTOUCHED
from engine.models.tuned.virtual_tokens import VirtualTokens
from engine.objectives.declaration import Objective
from engine.planner.time.groups import packed_groups, padded_groups
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.chunked_cross_entropy import cross_entropy_sum
from engine.training.forward.segments import segments
from engine.training.tuners.structure import decoder

_SEGMENTABLE = {"full_attention", "sliding_attention"}  # masks that `segments` makes
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 5e-2}
_PROBE_LENGTH = 24
_log = logging.getLogger(__name__)


class Forward(Protocol):
    """One computation of losses."""

    name: str  # "packed" or "padded"

    def groups(self, examples: Sequence[Example], budget: int) -> list[list[Example]]:
        """The sequences of a step's examples in micro-batches of about `budget` tokens."""
        ...

    def tokens(self, group: Sequence[Example]) -> int:
        """How many places the group takes up, padding and vectors in front included."""
        ...

    def session(self, group: Sequence[Example]) -> AbstractContextManager[None]:
        """To be open during the forward and the backward pass of the group."""
        ...

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Sum of the cross entropies of the group's labels, each times its weight, a scalar."""
        ...


class Padded:
    """Rows of like lengths, padded, through the model's own forward: right for every model."""

    name = "padded"

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        virtual = VirtualTokens.of(model)
        self._front = len(virtual) if virtual is not None and not virtual.per_layer else 0

    def groups(self, examples: Sequence[Example], budget: int) -> list[list[Example]]:
        """See `padded_groups`."""
        return padded_groups(_sequences(examples), budget, self._front)

    def tokens(self, group: Sequence[Example]) -> int:
        """As many rows, each as long as the longest one."""
        return len(group) * (max(map(len, group)) + self._front)

    def session(self, group: Sequence[Example]) -> AbstractContextManager[None]:
        """Needs nothing."""
        return nullcontext()

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through full logits."""
        outputs, targets = self._outputs(group)
        logits, wanted = outputs.float().flatten(0, 1), targets.flatten()
        counts = _counts(group, targets.device, targets.shape[1])
        if counts is None:
            return nn.functional.cross_entropy(logits, wanted, ignore_index=-100, reduction="sum")
        losses = nn.functional.cross_entropy(logits, wanted, ignore_index=-100, reduction="none")
        return (losses * counts).sum()

    def _outputs(self, group: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """What the model gives for each token, and the token that should follow (-100 where it has no label)."""
        width = max(len(example) for example in group)
        device = _device(self.model)
        ids, labels, mask = (np.zeros((len(group), width), dtype=np.int64) for _ in range(3))
        labels -= 100
        for row, example in enumerate(group):
            ids[row, : len(example)], labels[row, : len(example)] = example.ids, example.labels
            mask[row, : len(example)] = 1
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        moved = {name: tensor.to(device) for name, tensor in inputs.items()}
        logits = self.model(**moved, use_cache=False).logits[
            :, -width:
        ]  # some methods put tokens of their own in front
        return logits, torch.from_numpy(labels).to(device)


class Headless(Padded):
    """Padded rows through the model's own forward, but logits at label positions only, a chunk at a time."""

    name = "padded"

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self._base: Any = _base(model)
        self._head: nn.Module = self._base.get_output_embeddings()

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through hidden states and the chunked head."""
        self._base.set_output_embeddings(nn.Identity())
        try:
            hidden, targets = self._outputs(group)
        finally:
            self._base.set_output_embeddings(self._head)
        wanted = targets >= 0
        weight: Any = self._head.weight
        counts = _counts(group, targets.device, targets.shape[1])
        chosen = None if counts is None else counts.view_as(targets)[wanted]
        return cross_entropy_sum(hidden[wanted], weight, targets[wanted], chosen)


class Packed:
    """All examples of the group in one row, each attending to itself alone; logits at label positions only."""

    name = "packed"

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        base = _base(model)
        self.config = base.config
        self._decoder = decoder(base)
        self._weight: Tensor = base.get_output_embeddings().weight

    def groups(self, examples: Sequence[Example], budget: int) -> list[list[Example]]:
        """See `packed_groups`."""
        return packed_groups(_sequences(examples), budget)

    def tokens(self, group: Sequence[Example]) -> int:
        """Nothing is padded."""
        return sum(map(len, group))

    def session(self, group: Sequence[Example]) -> AbstractContextManager[None]:
        """Attention within the examples."""
        return segments(self.config, [len(example) for example in group])

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through the decoder and the chunked head."""
        device = _device(self.model)
        ids, labels, places = (
            torch.from_numpy(np.concatenate(parts).astype(np.int64)).to(device)
            for parts in (
                [example.ids for example in group],
                [example.labels for example in group],
                [np.arange(len(example)) for example in group],
            )
        )
        outputs = self._decoder(input_ids=ids[None], position_ids=places[None], use_cache=False)
        wanted = labels >= 0
        counts = _counts(group, device)
        chosen = None if counts is None else counts[wanted]
        return cross_entropy_sum(outputs.last_hidden_state[0][wanted], self._weight, labels[wanted], chosen)


def _counts(group: Sequence[Example], device: torch.device, width: int = 0) -> Tensor | None:
    """How much each label counts, one example behind the other, each filled up to `width` tokens; None where each counts once."""
    if all(example.weights is None for example in group):
        return None
    found = [np.ones(max(width, len(example)), dtype=np.float32) for example in group]
    for counts, example in zip(found, group, strict=True):
        if example.weights is not None:
            counts[: len(example)] = example.weights
    return torch.from_numpy(np.concatenate(found)).to(device)


def _sequences(examples: Sequence[Example]) -> list[Example]:
    return [sequence for example in examples for sequence in example.sequences()]


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _base(model: nn.Module) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]


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
    base = _base(model)
    head, config = base.get_output_embeddings(), base.config
    untouched = all(getattr(config, key, None) in UNTOUCHED for key in AFTER_HEAD)
    return type(head) is nn.Linear and head.bias is None and untouched


def _may_pack(model: nn.Module) -> bool:
    config = _base(model).config
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


def mean_loss(
    model: nn.Module,
    objective: Objective,
    forward: Forward,
    examples: Sequence[Example],
    budget: int,
    autocast: Callable[[], AbstractContextManager[Any]],
    between_groups: Callable[[], None],
) -> float:
    """Mean loss over all label tokens by their weights, without training; calls `between_groups()` in between."""
    total, weight = 0.0, sum(example.weight for example in examples)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for group in forward.groups(examples, budget):
                with forward.session(group), autocast():
                    total += float(objective.loss(forward, group).total)
                between_groups()
    finally:
        model.train(training)
    return total / (weight or 1)
