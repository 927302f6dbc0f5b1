"""Every optimizer, in the order in which plans try them: first where memory is not short, then those that keep less."""

from __future__ import annotations

from engine.core.errors import Fault
from engine.optimizers.adafactor import ADAFACTOR
from engine.optimizers.adamw import ADAMW
from engine.optimizers.adamw_8bit import ADAMW_8BIT, PAGED_ADAMW_8BIT
from engine.optimizers.declaration import Optimizer
from engine.optimizers.sgd import SGD

OPTIMIZERS: tuple[Optimizer, ...] = (ADAMW, ADAMW_8BIT, PAGED_ADAMW_8BIT, ADAFACTOR, SGD)
_BY_KEY = {optimizer.key: optimizer for optimizer in OPTIMIZERS}


def optimizer_of(key: str) -> Optimizer:
    """The optimizer of that key. Raises Fault("optimizer.unknown")."""
    if key not in _BY_KEY:
        raise Fault("optimizer.unknown", optimizer=key, known=list(_BY_KEY))
    return _BY_KEY[key]


def searched() -> tuple[Optimizer, ...]:
    """Those that plans try: how good their results are is known."""
    return tuple(optimizer for optimizer in OPTIMIZERS if optimizer.quality is not None)
