"""Counts the bytes of all tensors that are alive, operation by operation, and keeps the highest sum and what it was made of."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.training.calibration.fake_quantised import answered

_READ_NUMBER = 1.0  # what a number read from a fake tensor is: no size depends on it


class LiveBytes(TorchDispatchMode):
    """While this is open, every storage that an operation makes counts until nothing refers to it; views count once.

    Works for real tensors and, opened within a FakeTensorMode, for fake ones. What a kernel takes and gives back within one
    operation is not seen.

    Attributes:
        kind: what new storages count as from now on.
        live: bytes alive now, by kind.
        peak: the highest sum of them so far; `parts` is what it was made of.
        rows, even: of the group at work, whose fake values cannot be looked at: how many places have a label, and whether
            no row is padded.
        after: called after each operation, to end a run that takes too long.
    """

    def __init__(self, vocabulary: int = 0, after: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.kind, self.rows, self.even, self.after = "activations", 0, False, after
        self.live: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.peak = 0
        self._total = 0
        self._vocabulary = vocabulary
        self._known: dict[int, tuple[Any, str, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs the operation and counts what it made."""
        result = self._answer(func, args)
        if result is None:
            result = func(*args, **(kwargs or {}))
        for leaf in (result,) if isinstance(result, Tensor) else tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._add(leaf, self._kind_of(leaf))
        if self._total > self.peak:
            self.peak, self.parts = self._total, Counter(self.live)
        if self.after is not None:
            self.after()
        return result

    def count_as(self, kind: str, tensors: Iterable[Tensor]) -> None:
        """These tensors are of that kind from now on, whether they were seen before or not."""
        for tensor in tensors:
            known = self._known.get(tensor.untyped_storage()._cdata)
            if known is None:
                self._add(tensor, kind)
            elif known[1] != kind:
                reference, before, size = known
                self._known[tensor.untyped_storage()._cdata] = (reference, kind, size)
                self.live[before] -= size
                self.live[kind] += size

    def forget(self, tensors: Iterable[Tensor]) -> None:
        """These tensors count no longer: they lie elsewhere."""
        for tensor in tensors:
            known = self._known.pop(tensor.untyped_storage()._cdata, None)
            if known is not None:
                self.live[known[1]] -= known[2]
                self._total -= known[2]

    def start_peak(self) -> None:
        """Forget the peak so far."""
        self.peak, self.parts = self._total, Counter(self.live)

    def _kind_of(self, tensor: Tensor) -> str:
        is_logits = tensor.dim() > 1 and tensor.shape[-1] == self._vocabulary
        return "logits" if is_logits and self.kind in ("activations", "temporary") else self.kind

    def _add(self, tensor: Tensor, kind: str) -> None:
        storage = tensor.untyped_storage()
        place, size = storage._cdata, storage.nbytes()
        if place in self._known or not size:
            return

        def gone(_reference: Any) -> None:
            if place not in self._known:
                return
            _, kind_now, held = self._known.pop(place)
            self.live[kind_now] -= held
            self._total -= held

        self._known[place] = (weakref.ref(storage, gone), kind, size)
        self.live[kind] += size
        self._total += size

    def _answer(self, func: Any, args: tuple[Any, ...]) -> Any:
        """What fake tensors cannot say by themselves: how many rows a mask chooses, columns that stand out, a number's value."""
        if not args or not isinstance(args[0], FakeTensor):
            return None
        if func is torch.ops.aten._local_scalar_dense.default:
            return self._read(args[0])
        if func is torch.ops.aten.index.Tensor and len(args[1]) == 1 and args[1][0].dtype is torch.bool:
            return args[0].new_empty((self.rows, *args[0].shape[args[1][0].dim() :]))
        if func is torch.ops.aten._grouped_mm.default:
            return args[0].new_empty(_grouped_shape(args[0], args[1], len(args[2])))
        return answered(func, args)

    def _read(self, tensor: Tensor) -> float | bool:
        """A number that is not there. No size depends on fractions; whole ones are only read while a method starts at random."""
        if tensor.is_floating_point():
            return _READ_NUMBER
        if tensor.dtype is torch.bool and self.kind in ("activations", "temporary"):
            return self.even  # "is all of the mask set?"
        if tensor.dtype is not torch.bool and self.kind == "adapter":
            return 0
        raise DataDependentOutputException(torch.ops.aten._local_scalar_dense.default)


def _grouped_shape(left: Tensor, right: Tensor, groups: int) -> tuple[int, ...]:
    """Shape of a product group by group, which torch knows for bf16 alone: groups are parts of the shared side of 2-D inputs."""
    outer = (left.shape[-2], right.shape[-1])
    return (groups, *outer) if left.dim() == right.dim() else outer
