"""The order in which examples are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import BatchSampler, DataLoader

from engine.training.batches.tokenized_dataset import Example


class EpochOrder(BatchSampler):
    """The batches of each epoch: a permutation that depends on the seed and the epoch alone, so that resume finds its place.

    Each batch comes `times` times, one step after the other.
    """

    def __init__(self, count: int, batch_size: int, seed: int, times: int = 1) -> None:
        self.count, self.batch_size, self.seed, self.times = count, batch_size, seed, times
        self.epoch = 0
        self.drop_last = False

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.times * -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.count).tolist()
        firsts = (i for i in range(0, self.count, self.batch_size) for _ in range(self.times))
        return (order[i : i + self.batch_size] for i in firsts)


class Loader(DataLoader[Any]):
    """Hands out the examples of one optimizer step at a time, as {"examples": [...]}."""

    def __init__(self, examples: Sequence[Example], batch_size: int, seed: int, times: int = 1) -> None:
        order = EpochOrder(len(examples), batch_size, seed, times)
        super().__init__(examples, batch_sampler=order, collate_fn=_together)  # type: ignore[arg-type]

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        order = self.batch_sampler
        assert isinstance(order, EpochOrder)
        order.set_epoch(epoch)


def _together(examples: list[Example]) -> dict[str, list[Example]]:
    return {"examples": examples}
