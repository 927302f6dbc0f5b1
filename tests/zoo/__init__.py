"""Tiny random models with the oddities of real ones: `ZOO` names them, the fixture `zoo` gives their folders.

A model more is one `ZooModel` in one of the files beside this one; the tests that run over the zoo then run on it too.
"""

from __future__ import annotations

from tests.zoo.declaration import ZooModel
from tests.zoo.dense import DENSE
from tests.zoo.elders import ELDERS, ODD
from tests.zoo.mixtures import MIXTURES

ZOO: tuple[ZooModel, ...] = (*DENSE, *MIXTURES, *ELDERS, *ODD)


def named(key: str) -> ZooModel:
    """The zoo model of that key."""
    return next(model for model in ZOO if model.key == key)


def representatives() -> tuple[ZooModel, ...]:
    """One model of each kind that there is published."""
    return tuple(model for model in ZOO if model.stands_for_family)
