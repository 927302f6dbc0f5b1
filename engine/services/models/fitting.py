"""Whether models can be trained on this machine, told before there are data: the quick verdicts, each made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.models.shelf.curated import known_models
from engine.planner.memory.verdict import limit_of
from engine.planner.quick_fit import QuickFit, quick_fit
from engine.planner.refusals import planned_device
from engine.planner.time.rates import rates_of
from engine.services.planning.reserve import reserved
from engine.shapes.shelf import FitHere

_NOTES = "_tunesmith"
_LESSON_TOKENS, _LESSON_S = 100_000, 3600  # 200 rows of 512 tokens in an hour: what nobody calls slow
_PASSES = 6  # operations a token of each number: once forward, twice back, each a product and a sum


@lru_cache(maxsize=16)
def fits_of_list(device: Device, limit_mb: int) -> tuple[FitHere, ...]:
    """The verdicts on the list that ships with the product, in its order."""
    fits = (quick_fit(one.config, one.parameters, device, limit_mb) for one in known_models())
    return tuple(_told(fit or QuickFit("not", None, 0), limit_mb) for fit in fits)


def place_for(device: str, memory_mb: int | None = None, s: Session | None = None) -> tuple[Device, int]:
    """A device of this machine or of the catalogue, and the MB that a job may use there.

    Args:
        s: knows what the user leaves to other programs; without it, that is what is usual.

    Raises:
        Fault: as `device_of`.
    """
    planned = planned_device(device)
    planned = planned if s is None else reserved(s, planned)
    return replace(planned, free_mb=planned.memory_mb), limit_of(planned, memory_mb)


def quick_parameters(device: Device) -> int:
    """Up to how many numbers a model may have to go through a small lesson within an hour."""
    return int(rates_of(device).flops * _LESSON_S / (_PASSES * _LESSON_TOKENS))


def fit_here(s: Session, config: Mapping[str, Any] | None, parameters: int | None) -> FitHere | None:
    """The verdict on one model and the best device here; None where its measures are not known."""
    if not config:
        return None
    said = {key: value for key, value in config.items() if key != _NOTES}
    try:
        device, limit = place_for("auto", s=s)
    except Fault:
        return None
    return _fit_of(json.dumps(said, sort_keys=True, default=str), parameters, device, limit)


@lru_cache(maxsize=256)
def _fit_of(config: str, parameters: int | None, device: Device, limit_mb: int) -> FitHere | None:
    fit = quick_fit(json.loads(config), parameters, device, limit_mb)
    return _told(fit, limit_mb) if fit else None


def _told(fit: QuickFit, limit_mb: int) -> FitHere:
    return cast(FitHere, {**asdict(fit), "limit_mb": limit_mb})
