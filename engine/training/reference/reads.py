"""What reading examples without learning asks of a trainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward


class Reads(Protocol):
    """A model, the way through it, and how much of it at a time: `StepTrainer` is one."""

    forward: Forward  # the way
    budget: int  # most tokens of one group
    between_groups: Callable[[], None]  # called after each group; what it raises ends the work

    @property
    def model(self) -> Any:
        """That is read with."""
        ...

    def autocast(self) -> AbstractContextManager[Any]:
        """The chosen precision."""
        ...

    def halve(self, examples: Sequence[Example]) -> None:
        """Work in smaller groups from now on. Raises OutOfMemory where that is no help."""
        ...
