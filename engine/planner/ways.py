"""Which methods a plan may use, on which base and with which optimizer: by what they declare, never by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.methods import METHODS, Method
from engine.objectives import SFT, base_format
from engine.planner.goals import FAMILIES, FORMATS, GOOD_ENOUGH, OPTIMIZERS

Way = tuple[Method, str | None, str]  # with the format of the base (None: as it is) and the optimizer
_SETTLED = next(iter(OPTIMIZERS))  # the optimizer where memory is not short
WITHOUT_TRAINING: tuple[Way, ...] = tuple((m, None, _SETTLED) for m in METHODS if not m.capabilities.trains)


def usual_epochs(method: Method) -> float:
    """Passes over the data that the method asks for."""
    return float(next(param.default for param in SFT.params_for(method.defaults) if param.key == "epochs"))


def ways_to_train(goal: str) -> list[Way]:
    """Methods with the format of their base and an optimizer.

    All recommended methods in every way; where size matters, also those whose small result can be switched off, on the
    most squeezed base. Of two methods that differ in their base's format alone, the one whose own format it is.
    """
    found: dict[tuple[Any, str | None], Method] = {}
    for method in METHODS:
        if not method.capabilities.trains or not (method.recommended or (goal == "smallest" and _is_pocket(method))):
            continue
        formats = [held for held in FORMATS if not held or method.capabilities.quantised_base]
        for held in formats if method.recommended else formats[-1:]:
            mark = (method.apply, held)
            if mark not in found or base_format(method.defaults) == held:
                found[mark] = method
    optimizers = [key for key in _declared_optimizers() if key in OPTIMIZERS]
    return [
        (method, held, optimizer)
        for (_apply, held), method in found.items()
        for optimizer in (optimizers if method.recommended else [_SETTLED])
    ]


def _is_pocket(method: Method) -> bool:
    """A small result beside an untouched base, from a family that learns well enough."""
    good = FAMILIES[method.family].share >= GOOD_ENOUGH
    return method.saves == "adapter" and method.capabilities.toggle and good


def _declared_optimizers() -> Sequence[str]:
    return list(next(param.choices for param in SFT.params if param.key == "optimizer"))
