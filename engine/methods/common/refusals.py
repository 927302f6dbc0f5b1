"""What a method cannot do on a model, found out from the spec and the model's config.json before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.shapes import Faults
from engine.methods.common.declaration import Method, Values
from engine.methods.common.shape import ModelShape


def refused(method: Method, shape: ModelShape, values: Values, training: Values, steps: int | None = None) -> Faults:
    """Faults by field, as `SpecError` takes them; empty where the job can run.

    Args:
        steps: optimizer steps of the job, where the number of examples is known.
    """
    known: Mapping[str, Any] = training if steps is None else {**training, "steps": steps}
    faults: Faults = {}
    for refusal in method.refusals(shape, values, known):
        faults.setdefault(refusal.place, {"code": refusal.code, "params": dict(refusal.params)})
    return faults
