"""LoRA adapters of the rows of a batch, all at once: two thin products for each matrix, however many adapters there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import linear

from engine.serving.runtime.lean.products import FEW, many


@dataclass(frozen=True)
class LoraPair:
    """One matrix's change.

    Attributes:
        down: (rank, in).
        up: (out, rank).
        scaling: what their product is multiplied with.
    """

    down: Tensor
    up: Tensor
    scaling: float


Lora = Mapping[str, LoraPair]  # by the place of the matrix in the model


@dataclass(frozen=True)
class _Group:
    """Changes of matrices that read the same rows.

    Attributes:
        down: of all adapters and matrices, one below the other.
        ups: for each changed matrix: its place in the result, its place in `down`'s result, and (all ranks, out).
        ranks: number of a `_Ranks` that many groups share.
    """

    down: Tensor
    ups: tuple[tuple[slice, slice, Tensor], ...]
    ranks: int


class LoraStack:
    """Adapters put together for batches in which each row names one of them, or none."""

    def __init__(self, adapters: Sequence[Lora]) -> None:
        self._adapters = adapters
        self._groups: dict[tuple[str, ...], _Group | None] = {}
        self._owned: dict[
            tuple[tuple[int, float], ...], int
        ] = {}  # adapter and scaling of each rank -> number of the list

    def rows(self, owners: Sequence[int], each: int, blank: int) -> LoraRows:
        """The adapters of a batch.

        Args:
            owners: for each row the number of its adapter; -1 for none.
            each: tokens of a row.
            blank: rows behind them that are of no account.
        """
        spread = [owner for owner in owners for _ in range(each)] + [-1] * blank
        if len(spread) <= FEW:
            return LoraRows(self, torch.tensor(spread), ())
        spans = [
            (slice(each * row, each * (row + 1)), self._adapters[owner])
            for row, owner in enumerate(owners)
            if owner >= 0
        ]
        return LoraRows(self, torch.tensor(spread), spans)

    def group(self, names: tuple[str, ...], sizes: Sequence[int]) -> _Group | None:
        """Changes of these matrices; None where there are none."""
        if names not in self._groups:
            self._groups[names] = self._put_together(names, sizes)
        return self._groups[names]

    def shares(self, ranks: int, owners: Tensor) -> Tensor:
        """What each rank's part of a row is multiplied with, by the rows' adapters: its scaling, or 0 for ranks of others."""
        owned = next(owned for owned, number in self._owned.items() if number == ranks)
        of = torch.tensor([owner for owner, _ in owned])
        return (owners[:, None] == of[None]) * torch.tensor([scaling for _, scaling in owned])

    def _put_together(self, names: tuple[str, ...], sizes: Sequence[int]) -> _Group | None:
        downs: list[Tensor] = []
        ups: list[tuple[slice, slice, Tensor]] = []
        owned: list[tuple[int, float]] = []
        start = 0
        for name, size in zip(names, sizes, strict=True):
            first = len(owned)
            held = [(number, one[name]) for number, one in enumerate(self._adapters) if name in one]
            for number, pair in held:
                downs.append(pair.down)
                owned += [(number, pair.scaling)] * len(pair.down)
            if held:
                up = torch.cat([pair.up for _, pair in held], dim=1).t().contiguous()
                ups.append((slice(start, start + size), slice(first, len(owned)), up))
            start += size
        if not downs:
            return None
        return _Group(torch.cat(downs), tuple(ups), self._owned.setdefault(tuple(owned), len(self._owned)))


class LoraRows:
    """Which adapter each row of one forward pass takes.

    Args:
        owners: for each token the number of its adapter in the stack.
        spans: where the tokens of an adapter stand, where they are many.
    """

    def __init__(self, stack: LoraStack, owners: Tensor, spans: Sequence[tuple[slice, Lora]]) -> None:
        self._stack, self._owners, self._spans = stack, owners, spans
        self._shares: dict[int, Tensor] = {}

    def last(self, each: int, blank: int) -> LoraRows:
        """Those of the last of `each` tokens of every row, and of so many rows that are of no account."""
        owners = torch.cat([self._owners[each - 1 :: each], self._owners.new_full((blank,), -1)])
        return LoraRows(self._stack, owners, ())

    def add(self, names: tuple[str, ...], sizes: Sequence[int], x: Tensor, found: Tensor) -> Tensor:
        """`found`, with what the adapters add to these matrices' products with `x`."""
        if self._spans:
            return self._add_in_spans(names, sizes, x, found)
        group = self._stack.group(names, sizes)
        if group is None:
            return found
        if group.ranks not in self._shares:
            self._shares[group.ranks] = self._stack.shares(group.ranks, self._owners)
        inner = linear(x, group.down).mul_(self._shares[group.ranks])
        for place, ranks, up in group.ups:
            found[:, place].addmm_(inner[:, ranks], up)
        return found

    def _add_in_spans(self, names: tuple[str, ...], sizes: Sequence[int], x: Tensor, found: Tensor) -> Tensor:
        """Each adapter for its own tokens alone: of many tokens the products are what takes time."""
        for span, adapter in self._spans:
            start = 0
            for name, size in zip(names, sizes, strict=True):
                if (pair := adapter.get(name)) is not None:
                    inner = many(x[span], pair.down)
                    found[span, start : start + size].addmm_(inner, pair.up.t(), alpha=pair.scaling)
                start += size
        return found
