"""The model as it was before the first step, beside the one that is trained: for objectives that ask it in each step.

Where the method can be switched off and that is, bit for bit, where training starts, nothing is held for it. Else the trained
parameters are held once more as they were, and put in place while it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward
from engine.training.reference.reads import Reads

_PROBE_TOKENS = 12


class StartModel:
    """Made before the first step (and before a checkpoint is read).

    Attributes:
        held: bytes of the parameters that are held once more; 0 where the method is switched off instead.
    """

    def __init__(self, trainer: Reads) -> None:
        self._model: Any = trainer.model
        self._off = _off_is_start(self._model, trainer.forward, trainer.autocast)
        self._copies: dict[str, Tensor] = {}
        if not self._off:
            self._copies = {name: one.detach().clone() for name, one in _trained(self._model)}
        self.held = sum(one.numel() * one.element_size() for one in self._copies.values())

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Within it the model is the start model, without gradients and dropout. Nothing may be trained within it."""
        training = self._model.training
        self._model.eval()
        try:
            with torch.no_grad(), self._in_place():
                yield
        finally:
            self._model.train(training)

    def _in_place(self) -> AbstractContextManager[Any]:
        return self._model.disable_adapter() if self._off else self._swapped()  # type: ignore[no-any-return]

    @contextmanager
    def _swapped(self) -> Iterator[None]:
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        """Copies into the parameters, and what was in them into the copies: no number is moved."""
        for name, one in _trained(self._model):
            one.data, self._copies[name] = self._copies[name], one.data
        torch.clear_autocast_cache()  # halves of the other weights


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, one) for name, one in model.named_parameters() if one.requires_grad)


def _off_is_start(model: Any, forward: Forward, autocast: Any) -> bool:
    """Whether the model without the method is the model as it is, bit for bit: some methods start from other weights, and some
    jobs from an earlier one's."""
    if not hasattr(model, "disable_adapter"):
        return False
    numbers = np.random.default_rng(0)
    ids = numbers.integers(0, model.get_input_embeddings().weight.shape[0], _PROBE_TOKENS, dtype=np.int32)
    row = Example(ids, np.append(ids[1:], np.int32(-100)).astype(np.int32), _PROBE_TOKENS - 1)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            as_is, off = (_read(forward, row, autocast, way) for way in (nullcontext(), model.disable_adapter()))
    finally:
        model.train(training)
    return torch.equal(as_is, off)


def _read(forward: Forward, row: Example, autocast: Any, way: AbstractContextManager[Any]) -> Tensor:
    with way, forward.session([row]), autocast():
        return forward.read([row]).log_probs
