"""What this machine has measured itself, and how that corrects the model of time.

A measurement is kept as measured over modelled speed, part by part. It corrects the model, not one raw speed, so a
measurement at rank 8 also helps at rank 16; one with other settings counts less the more they differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, Literal

from engine.core.hardware import Device
from engine.jobs.spec import JobSpec
from engine.optimizers.offload import NOTHING
from engine.optimizers.trained_format import FP32
from engine.planner.memory.likeness import AGED, likeness
from engine.planner.memory.workload import Workload

MODEL_VERSION = 1  # of the formulas: what was measured against others corrects nothing any more
Source = Literal["model", "probe", "past"]
PARTS = ("start", "training", "checks", "answers", "saving")
_UNMEASURED = 0.5  # spread of a part that only the model knows
_MEASURED, _FOREIGN = 0.12, 0.3  # of one that was measured with the same settings; so much more with quite other ones
_OTHER_METHOD = 0.15  # weight of a measurement with another method


@dataclass(frozen=True)
class ThroughputRecord:
    """One measurement. `speeds`: measured over modelled speed by part; `settings`: what it was measured with."""

    source: Source  # "probe" or "past"
    measured_at: float  # seconds since 1970
    speeds: Mapping[str, float]  # by one of PARTS; above 1 is faster
    settings: Mapping[str, Any] = field(default_factory=dict)  # as `settings_of` gives them


@dataclass(frozen=True)
class Correction:
    """How much faster (above 1) or slower this machine is than the model says.

    Attributes:
        source: of the measurement with the same method that counts most: "probe" or "past"; "model" where there is
            none.
        measured_at: when that was made, in seconds since 1970; None for "model".
        speeds: by part; 1 where nothing was measured.
        spreads: share by which a part's true time may differ.
    """

    source: Source = "model"
    measured_at: float | None = None
    speeds: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, float] = field(default_factory=dict)

    def seconds(self, part: str, modelled: float) -> float:
        """Modelled seconds of a part as this machine needs them."""
        return modelled / self.speeds.get(part, 1.0)

    def spread(self, part: str) -> float:
        """How far the true time of a part may be off."""
        return self.spreads.get(part, _UNMEASURED)


NO_CORRECTION = Correction()


def machine_of(device: Device) -> str:
    """Which machine a measurement belongs to: a database that is moved to another computer does not use it."""
    parts = (device.name, device.cores, round(device.memory_mb / 1000))
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def correct(measured: Sequence[ThroughputRecord], settings: Mapping[str, Any]) -> Correction:
    """The correction for a job with `settings`, from measurements in any order: the newest and likest count most.

    Those with another method come last: they tell how fast the machine is, but the time is still that of the model.
    """

    def same(one: ThroughputRecord) -> bool:
        return bool(one.settings.get("method") == settings.get("method"))

    newest = sorted(measured, key=lambda one: (same(one), one.measured_at), reverse=True)
    likest = [likeness(one.settings, settings) * (1.0 if same(one) else _OTHER_METHOD) for one in newest]
    weights = [AGED**place * alike for place, alike in enumerate(likest)]
    speeds, spreads = dict[str, float](), dict[str, float]()
    for part in PARTS:
        known = [place for place, one in enumerate(newest) if one.speeds.get(part, 0.0) > 0]
        if known:
            total = sum(weights[place] for place in known)
            speeds[part] = exp(sum(weights[place] * log(newest[place].speeds[part]) for place in known) / total)
            spreads[part] = _MEASURED + _FOREIGN * (1.0 - max(likest[place] for place in known))
    mine = [place for place, one in enumerate(newest) if same(one) and one.speeds.get("training", 0.0) > 0]
    if not mine:
        return Correction(speeds=speeds, spreads=spreads)
    first = newest[max(mine, key=lambda place: weights[place])]
    return Correction(first.source, first.measured_at, speeds, spreads)


def settings_of(spec: JobSpec, work: Workload) -> dict[str, Any]:
    """What a measured speed belongs to: all that makes a step faster or slower."""
    matters = ("batch_size", "max_length", "optimizer", "train_on")
    training = {key: spec.training[key] for key in matters if key in spec.training}
    updates = {key: value for key, value in work.update_settings.items() if key not in training}
    usual = (NOTHING.key, FP32.key)
    training |= {key: value for key, value in updates.items() if value not in usual}  # earlier measurements do not say
    how = {"group": work.tokens, "recompute": work.recompute, "quantisation": work.base_format.key}
    return {
        "method": spec.method,
        **training,
        **how,
        "dataset": spec.dataset,
        **{f"method.{key}": v for key, v in spec.method_params.items()},
    }
