"""From a group of examples to their losses and log-probabilities, by the fastest computation that is exact for the model at hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.tuned.virtual_tokens import VirtualTokens
from engine.planner.time.groups import packed_groups, padded_groups
from engine.training.batches.bundles import bundles_within, padded_bundles
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.chunked_cross_entropy import cross_entropy_sum
from engine.training.forward.segments import Run, segments
from engine.training.forward.token_log_probs import token_log_probs
from engine.training.heads.scalar import said_by_head
from engine.training.tuners.structure import decoder


@dataclass(frozen=True)
class Read:
    """See `LabelRead` of the objectives' declaration."""

    log_probs: Tensor  # of the labels
    entropy: Tensor | None = None  # of their distributions, where it was asked for
    hidden: Tensor | None = None  # states that they were predicted from, where they were asked for


class Forward(Protocol):
    """One computation of losses."""

    name: str  # "packed" or "padded"

    def groups(self, examples: Sequence[Example], budget: int, *, whole: bool = False) -> list[list[Example]]:
        """A step's examples in micro-batches of about `budget` tokens; `whole`: none of them is cut into its sequences."""
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

    def read(
        self, group: Sequence[Example], *, entropy: bool = False, hidden: bool = False, temperature: float = 1.0
    ) -> Read:
        """What the model says of each label of the group, in order."""
        ...

    def last_states(self, group: Sequence[Example]) -> Tensor:
        """The last hidden state of the last token of each sequence, shape (sequences, hidden size)."""
        ...

    def scores(self, group: Sequence[Example]) -> Tensor:
        """What the model's head says of the last token of each sequence, shape (sequences,)."""
        ...

    def values(self, hidden: Tensor) -> Tensor:
        """What the model's head says of hidden states, shape (states,)."""
        ...


class _WithHead:
    """What a head on the model says, for all computations."""

    model: nn.Module

    def scores(self, group: Sequence[Example]) -> Tensor:
        """Of the last state of each sequence."""
        states: Tensor = self.last_states(group)  # type: ignore[attr-defined]
        return said_by_head(self.model, states)

    def values(self, hidden: Tensor) -> Tensor:
        """Of each state."""
        return said_by_head(self.model, hidden)


class Padded(_WithHead):
    """Rows of like lengths, padded, through the model's own forward: right for every model."""

    name = "padded"

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        virtual = VirtualTokens.of(model)
        self._front = len(virtual) if virtual is not None and not virtual.per_layer else 0

    def groups(self, examples: Sequence[Example], budget: int, *, whole: bool = False) -> list[list[Example]]:
        """See `padded_groups`; what is shared is read with each sequence."""
        if whole:
            return padded_bundles(examples, budget, self._front)
        return padded_groups(_sequences(examples), budget, self._front)

    def tokens(self, group: Sequence[Example]) -> int:
        """As many rows, each as long as the longest one."""
        rows = _sequences(group)
        return len(rows) * (max(map(len, rows)) + self._front)

    def session(self, group: Sequence[Example]) -> AbstractContextManager[None]:
        """Needs nothing."""
        return nullcontext()

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through full logits."""
        rows = _sequences(group)
        outputs, targets = self._outputs(rows)
        logits, wanted = outputs.float().flatten(0, 1), targets.flatten()
        counts = _counts(rows, targets.device, targets.shape[1])
        if counts is None:
            return nn.functional.cross_entropy(logits, wanted, ignore_index=-100, reduction="sum")
        losses = nn.functional.cross_entropy(logits, wanted, ignore_index=-100, reduction="none")
        return (losses * counts).sum()

    def read(
        self, group: Sequence[Example], *, entropy: bool = False, hidden: bool = False, temperature: float = 1.0
    ) -> Read:
        """Through full logits."""
        rows = _sequences(group)
        inputs, targets = self._inputs(rows)
        made = self.model(**inputs, use_cache=False, output_hidden_states=hidden)
        width, wanted = targets.shape[1], targets >= 0
        scores = torch.log_softmax(made.logits[:, -width:][wanted].float() / temperature, dim=-1)
        found = scores.gather(1, targets[wanted][:, None])[:, 0]
        states = made.hidden_states[-1][:, -width:][wanted] if hidden else None
        spread = -(scores.detach().exp() * scores.detach()).sum(-1) if entropy else None
        return Read(found, spread, states)

    def last_states(self, group: Sequence[Example]) -> Tensor:
        """Through the model's own forward, which is asked for its hidden states."""
        rows = _sequences(group)
        inputs, targets = self._inputs(rows)
        states = self.model(**inputs, use_cache=False, output_hidden_states=True).hidden_states[-1]
        return _at_ends(states[:, -targets.shape[1] :], rows)

    def _inputs(self, rows: Sequence[Example]) -> tuple[dict[str, Tensor], Tensor]:
        """What the model takes, and the token that should follow each (-100 where it has no label)."""
        width = max(len(row) for row in rows)
        device = _device(self.model)
        ids, labels, mask = (np.zeros((len(rows), width), dtype=np.int64) for _ in range(3))
        labels -= 100
        for number, row in enumerate(rows):
            ids[number, : len(row)], labels[number, : len(row)] = row.ids, row.labels
            mask[number, : len(row)] = 1
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        return {name: tensor.to(device) for name, tensor in inputs.items()}, torch.from_numpy(labels).to(device)

    def _outputs(self, rows: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """What the model gives for each token, and the token that should follow."""
        inputs, labels = self._inputs(rows)
        outputs = self.model(**inputs, use_cache=False).logits
        return outputs[:, -labels.shape[1] :], labels  # some methods put tokens of their own in front


class Headless(Padded):
    """Padded rows through the model's own forward, but logits at label positions only, a chunk at a time."""

    name = "padded"

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self._base: Any = plain_model(model)
        self._head: Any = self._base.get_output_embeddings()

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through hidden states and the chunked head."""
        rows = _sequences(group)
        hidden, targets = self._states(rows)
        wanted = targets >= 0
        counts = _counts(rows, targets.device, targets.shape[1])
        chosen = None if counts is None else counts.view_as(targets)[wanted]
        return cross_entropy_sum(hidden[wanted], self._head.weight, targets[wanted], chosen)

    def read(
        self, group: Sequence[Example], *, entropy: bool = False, hidden: bool = False, temperature: float = 1.0
    ) -> Read:
        """Through hidden states and the chunked head."""
        states, targets = self._states(_sequences(group))
        wanted = targets >= 0
        return _read(states[wanted], self._head.weight, targets[wanted], entropy, hidden, temperature)

    def last_states(self, group: Sequence[Example]) -> Tensor:
        """Without any head."""
        rows = _sequences(group)
        return _at_ends(self._states(rows)[0], rows)

    def _states(self, rows: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Last hidden states, and the tokens that should follow."""
        self._base.set_output_embeddings(nn.Identity())
        try:
            return self._outputs(rows)
        finally:
            self._base.set_output_embeddings(self._head)


class Packed(_WithHead):
    """All examples of the group in one row, each attending to itself alone; logits at label positions only."""

    name = "packed"

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        base = plain_model(model)
        self.config = base.config
        self._decoder = decoder(base)
        self._weight: Tensor = base.get_output_embeddings().weight

    def groups(self, examples: Sequence[Example], budget: int, *, whole: bool = False) -> list[list[Example]]:
        """See `packed_groups`; what is shared is read once in a group."""
        return packed_groups(examples if whole else bundles_within(examples, budget), budget)

    def tokens(self, group: Sequence[Example]) -> int:
        """Nothing is padded."""
        return sum(map(len, group))

    def session(self, group: Sequence[Example]) -> AbstractContextManager[None]:
        """Attention within the examples."""
        return segments(self.config, [_run(example) for example in group])

    def cross_entropy(self, group: Sequence[Example]) -> Tensor:
        """Through the decoder and the chunked head."""
        hidden, labels = self._states(group)
        wanted = labels >= 0
        counts = _counts(group, labels.device)
        chosen = None if counts is None else counts[wanted]
        return cross_entropy_sum(hidden[wanted], self._weight, labels[wanted], chosen)

    def read(
        self, group: Sequence[Example], *, entropy: bool = False, hidden: bool = False, temperature: float = 1.0
    ) -> Read:
        """Through the decoder and the chunked head."""
        states, labels = self._states(group)
        wanted = labels >= 0
        return _read(states[wanted], self._weight, labels[wanted], entropy, hidden, temperature)

    def last_states(self, group: Sequence[Example]) -> Tensor:
        """Without any head."""
        ends: list[int] = []
        for example in group:
            start = ends[-1] + 1 if ends else 0
            run = _run(example)
            ends += [int(end) - 1 for end in start + run.shared + np.cumsum(run.parts)]
        states, labels = self._states(group)
        return states[torch.tensor(ends, device=labels.device)]

    def _states(self, group: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Last hidden states of all tokens, and the tokens that should follow."""
        device = _device(self.model)
        ids, labels, places = (
            torch.from_numpy(np.concatenate(parts).astype(np.int64)).to(device)
            for parts in (
                [example.ids for example in group],
                [example.labels for example in group],
                [_places(_run(example)) for example in group],
            )
        )
        outputs = self._decoder(input_ids=ids[None], position_ids=places[None], use_cache=False)
        return outputs.last_hidden_state[0], labels


def _run(example: Example) -> Run:
    return Run(example.shared, example.parts or (len(example) - example.shared,))


def _places(run: Run) -> Any:
    """Positions of the tokens of a run: each sequence goes on behind what is shared."""
    return np.concatenate([np.arange(run.shared), *(run.shared + np.arange(size) for size in run.parts)])


def _read(states: Tensor, head: Tensor, targets: Tensor, entropy: bool, hidden: bool, temperature: float) -> Read:
    scaled = states if temperature == 1.0 else states / temperature
    found, spread = token_log_probs(scaled, head, targets, entropy=entropy)
    return Read(found, spread, states if hidden else None)


def _at_ends(states: Tensor, rows: Sequence[Example]) -> Tensor:
    """Of padded rows, shape (rows, width, hidden size), the states of their last tokens."""
    ends = torch.tensor([len(row) - 1 for row in rows], device=states.device)
    return states[torch.arange(len(rows), device=states.device), ends]


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


def plain_model(model: nn.Module) -> Any:
    """The model itself, without what PEFT puts around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]
