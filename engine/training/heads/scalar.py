"""A head that says one number, on the model that is trained: part of it while it is trained, a file of its own in the result.

A checkpoint has it among all trained numbers, so going on restores it like them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.core.errors import Fault
from engine.models.tuned.results import HEAD

if TYPE_CHECKING:
    from engine.objectives.declaration import Objective

_NAME = "scalar_head"


class ScalarHead(nn.Linear):
    """One number for each state, in fp32 whatever the model is held in. Before its first step it says 0 of everything.

    Attributes:
        kept: it is part of the result; else only training needs it.
    """

    def __init__(self, hidden: int, *, kept: bool = True) -> None:
        super().__init__(hidden, 1, dtype=torch.float32)
        self.kept = kept
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, states: Tensor) -> Tensor:
        """Of states of shape (..., hidden size), numbers of shape (...)."""
        with torch.autocast(states.device.type, enabled=False):
            numbers: Tensor = super().forward(states.float())[..., 0]
        return numbers


def attach_head(model: nn.Module, objective: Objective) -> None:
    """Put a fresh head on the model where the objective has one; it is trained with it from then on."""
    if not objective.head:
        return
    output: Any = _plain(model).get_output_embeddings()
    hidden = output.weight.shape[1] if not hasattr(output, "in_features") else output.in_features
    head = ScalarHead(hidden, kept=not objective.talks)
    model.add_module(_NAME, head.to(output.weight.device))


def head_of(model: nn.Module) -> ScalarHead | None:
    """The head that was put on the model; None where there is none."""
    found: ScalarHead | None = getattr(model, _NAME, None)
    return found


def said_by_head(model: nn.Module, states: Tensor) -> Tensor:
    """What the model's head says of states of shape (..., hidden size), shape (...)."""
    head = head_of(model)
    assert head is not None, "the objective declares no head"
    return head(states)  # type: ignore[no-any-return]


@contextmanager
def without_head(model: nn.Module) -> Iterator[ScalarHead | None]:
    """Within it the model is as if it had none, so that it can be stored like any other."""
    head = head_of(model)
    if head is not None:
        delattr(model, _NAME)
    try:
        yield head
    finally:
        if head is not None:
            model.add_module(_NAME, head)


def save_head(head: ScalarHead, folder: Path) -> None:
    """Its numbers, in a file of their own beside the result."""
    save_file({name: one.detach().cpu().contiguous() for name, one in head.state_dict().items()}, folder / HEAD)


def load_head(folder: Path) -> ScalarHead:
    """The head of a result, on the CPU and frozen.

    Raises:
        Fault: "reward.no_head" where the file is not there, or is none.
    """
    try:
        stored = load_file(folder / HEAD)
        head = ScalarHead(stored["weight"].shape[1])
        head.load_state_dict(stored)
    except (OSError, KeyError, IndexError, RuntimeError, ValueError) as error:
        raise Fault("reward.no_head", reason=str(error)[:200]) from error
    return head.requires_grad_(False).eval()


def _plain(model: nn.Module) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]
