"""What suits rows of a kind: the objective that is taken unasked, and the best one of each family that can use them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.objectives import OBJECTIVES
from engine.objectives.declaration import Objective
from engine.objectives.families import FAMILIES


def made_for(objective: Objective, kind: str | None) -> bool:
    """Whether rows of that kind are just what the objective is for, not only usable."""
    return kind in objective.family.kinds and kind in objective.learns_from


def suggested_objective(kind: str | None) -> Objective | None:
    """What rows of that kind are learnt by where nobody chose: the first objective that they are made for, else that can use them."""
    usable = [one for one in OBJECTIVES if kind in one.learns_from]
    return next((one for one in usable if made_for(one, kind)), next(iter(usable), None))


def best_of_families(kind: str) -> Iterator[Objective]:
    """The first objective of each family that learns from rows of that kind, that which they are made for first."""
    firsts = [next((one for one in OBJECTIVES if one.family == family and kind in one.learns_from), None) for family in FAMILIES]  # fmt: skip
    found = [one for one in firsts if one is not None]
    yield from sorted(found, key=lambda one: not made_for(one, kind))
