"""Results that replace numbers of the base: swapped in for their turn and out again, bit for bit.

`delta.safetensors` holds either whole tensors under the name of their parameter, or, for tensors of which only few numbers
change, `<name>::index` (int64, places in the flattened tensor) and `<name>::value` (the numbers that stand there).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.core.errors import Fault
from engine.models.tuned.results import DELTA

INDEX, VALUE = "::index", "::value"


@dataclass(frozen=True)
class _Whole:
    """A parameter whose storage is exchanged."""

    parameter: nn.Parameter
    own: Tensor
    base: Tensor

    def put(self) -> None:
        self.parameter.data = self.own

    def back(self) -> None:
        self.parameter.data = self.base


@dataclass(frozen=True)
class _Sparse:
    """A parameter of which a few numbers are exchanged."""

    parameter: nn.Parameter
    index: Tensor
    own: Tensor
    base: Tensor

    def put(self) -> None:
        self.parameter.data.view(-1).index_copy_(0, self.index, self.own)

    def back(self) -> None:
        self.parameter.data.view(-1).index_copy_(0, self.index, self.base)


class Delta:
    """The replaced numbers of one result, ready for `model`, whose parameters it shares.

    `with delta.on():` the model is the tuned one; after it the model is the base again, exactly. `settle()` leaves the
    numbers in for good, as a merge does.
    """

    def __init__(self, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
        """Raises Fault("chat.delta_foreign") where the model has no such parameter, or one of another size."""
        parameters = dict(model.named_parameters(remove_duplicate=False))
        names = dict.fromkeys(name.removesuffix(INDEX).removesuffix(VALUE) for name in tensors)
        self._parts = [_part(parameters, name, tensors) for name in names]

    @classmethod
    def read(cls, model: nn.Module, folder: Path) -> Delta:
        """The delta of a result folder."""
        return cls(model, load_file(folder / DELTA))

    @contextmanager
    def on(self) -> Iterator[None]:
        """The tuned numbers are in the model, until the end of the block."""
        try:
            self.settle()
            yield
        finally:
            for part in self._parts:
                part.back()

    def settle(self) -> None:
        """Put the tuned numbers into the model."""
        for part in self._parts:
            part.put()


@torch.no_grad()
def _part(parameters: Mapping[str, nn.Parameter], name: str, tensors: Mapping[str, Tensor]) -> _Whole | _Sparse:
    parameter = parameters.get(name)
    if parameter is None:
        raise Fault("chat.delta_foreign", name=name)
    data = parameter.data

    def moved(tensor: Any) -> Tensor:
        found: Tensor = tensor.to(device=data.device, dtype=data.dtype)
        return found

    if name in tensors:
        if tensors[name].shape != data.shape:
            raise Fault("chat.delta_foreign", name=name)
        return _Whole(parameter, moved(tensors[name]), data)
    index = tensors[name + INDEX].to(data.device)
    if index.numel() and not 0 <= int(index.min()) <= int(index.max()) < data.numel():
        raise Fault("chat.delta_foreign", name=name)
    return _Sparse(parameter, index, moved(tensors[name + VALUE]), data.view(-1)[index].clone())
