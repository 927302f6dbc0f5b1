"""Which methods a plan may use, on which base and with which optimizer: by what they declare, never by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.objectives.shared_params import OPTIMIZER, base_format
from engine.planner.budget.goals import FAMILIES, FORMATS, GOOD_ENOUGH, OPTIMIZERS

_MOST_SQUEEZED = list(FORMATS)[-1]
_SETTLED = next(iter(OPTIMIZERS))  # the optimizer where memory is not short


@dataclass(frozen=True)
class Candidate:
    """How to train, besides lengths and passes.

    Attributes:
        method: what trains.
        held: format of the base; None as it is.
        optimizer, checkpointing: settings of training.
    """

    method: Method
    held: str | None = None
    optimizer: str = _SETTLED
    checkpointing: str = "auto"


WITHOUT_TRAINING = tuple(Candidate(method) for method in METHODS if not method.capabilities.trains)


@cache
def ways_to_train(goal: str) -> tuple[Candidate, ...]:
    """Every candidate worth trying.

    All recommended methods on every base and with every optimizer that `goals` knows; on the most squeezed base also
    with activations recomputed at any rate. Where size matters (small groups, so activations are recomputed by
    themselves), also methods whose small result can be switched off, on the most squeezed base.
    """
    optimizers = [key for key in _declared_optimizers() if key in OPTIMIZERS]
    found: list[Candidate] = []
    for method, held in _on_bases(goal):
        for optimizer in optimizers if method.recommended else optimizers[:1]:
            found.append(Candidate(method, held, optimizer))
            if held == _MOST_SQUEEZED and method.capabilities.checkpointing and goal != "smallest":
                found.append(Candidate(method, held, optimizer, "on"))
    return tuple(found)


def _on_bases(goal: str) -> list[tuple[Method, str | None]]:
    """Methods with formats of their base; of two that only differ in it, the one whose own format it is."""
    found: dict[tuple[Any, str | None], Method] = {}
    for method in METHODS:
        if not method.capabilities.trains or not (method.recommended or (goal == "smallest" and _is_pocket(method))):
            continue
        formats = [held for held in FORMATS if not held or method.capabilities.quantised_base]
        for held in formats if method.recommended else formats[-1:]:
            mark = (method.apply, held)
            if mark not in found or base_format(method.defaults) == held:
                found[mark] = method
    return [(method, held) for (_apply, held), method in found.items()]


def _is_pocket(method: Method) -> bool:
    """A small result on an untouched base, from a family that learns well enough."""
    good = FAMILIES[method.family].share >= GOOD_ENOUGH
    return method.saves == "adapter" and method.capabilities.toggle and good


def _declared_optimizers() -> Sequence[str]:
    return list(OPTIMIZER.choices)
