"""The order in which examples are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import BatchSampler, DataLoader

from engine.training.batches.tokenized_dataset import Example


class EpochOrder(BatchSampler):
    """The batches of each epoch: a permutation that depends on the seed and the epoch alone, so that resume finds its place."""

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.epoch = 0
        self.drop_last = False

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.count).tolist()
        return (order[i : i + self.batch_size] for i in range(0, self.count, self.batch_size))


class Loader(DataLoader[Any]):
    """Hands out the examples of one optimizer step at a time, as {"examples": [...]}."""

    def __init__(self, examples: Sequence[Example], batch_size: int, seed: int) -> None:
        order = EpochOrder(len(examples), batch_size, seed)
        super().__init__(examples, batch_sampler=order, collate_fn=_together)  # type: ignore[arg-type]

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        order = self.batch_sampler
        assert isinstance(order, EpochOrder)
        order.set_epoch(epoch)


def _together(examples: list[Example]) -> dict[str, list[Example]]:
    return {"examples": examples}
