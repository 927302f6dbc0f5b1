"""What this machine measured of the memory that jobs took, and how that corrects the memory estimate.

A measurement corrects what comes and goes in a step, not the weights: it is kept as what was measured beside what the
estimate said of the largest group that was really worked through. The newest and likest count most. What was measured to be more
becomes a line of its own; what was measured to be less makes the lines smaller, but never below what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, Literal

from engine.planner.memory.likeness import AGED, likeness

MEMORY_VERSION = 1  # of the formulas: what was measured against others corrects nothing any more
COMES_AND_GOES = frozenset(
    {"activations", "logits", "temporary"}
)  # lines that a measurement corrects; the others are exact
_LEAST, _MOST = 0.8, 3.0  # of what comes and goes: no measurement changes it further
_PLAUSIBLE = (0.4, 2.0)  # measured over planned, of the whole process: outside it something else was measured
_LIKE = 0.8  # likeness from which on a measurement says that less is enough, and narrows the margin
_MARGIN = 0.5  # share of the safety margin that stays where a like job was measured
_SAME = ("method", "parameters", "precision")  # without these being equal a measurement says nothing


@dataclass(frozen=True)
class MemoryRecord:
    """One measurement.

    Attributes:
        source: a speed probe, or a job that finished.
        measured_at: seconds since 1970.
        measured_mb: most that the process (on a GPU the device) held in a step.
        still_mb: what the estimate said of everything that a measurement does not correct.
        moved_mb: what the estimate said of what comes and goes.
        settings: what it was measured with, as `Workload.memory_settings` gives them.
    """

    source: Literal["probe", "past"]
    measured_at: float
    measured_mb: float
    still_mb: float
    moved_mb: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Measured over planned, of what comes and goes, within bounds."""
        return min(_MOST, max(_LEAST, (self.measured_mb - self.still_mb) / max(1.0, self.moved_mb)))

    @property
    def plausible(self) -> bool:
        """Whether it can be the job's own memory that was measured."""
        low, high = _PLAUSIBLE
        return self.moved_mb > 0 and low < self.measured_mb / (self.still_mb + self.moved_mb) < high

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, without what its row says anyway."""
        rounded = {key: round(getattr(self, key), 1) for key in ("measured_mb", "still_mb", "moved_mb")}
        return rounded | {"version": MEMORY_VERSION, "settings": dict(self.settings)}

    @classmethod
    def read(cls, data: Any, source: Literal["probe", "past"], measured_at: float) -> MemoryRecord | None:
        """Back from JSON; None where there is none, or of formulas that are no longer used."""
        if not isinstance(data, Mapping) or data.get("version") != MEMORY_VERSION:
            return None
        measured, still, moved = (float(data[key]) for key in ("measured_mb", "still_mb", "moved_mb"))
        return cls(source, measured_at, measured, still, moved, data["settings"])


@dataclass(frozen=True)
class MemoryCorrection:
    """What measurements make of an estimate.

    Attributes:
        share: by which what comes and goes is multiplied; 1 at most.
        more_mb: that is added.
        margin: share of the safety margin that stays.
        source: of the measurement that counts most; None where there is none.
    """

    share: float = 1.0
    more_mb: float = 0.0
    margin: float = 1.0
    source: Literal["probe", "past"] | None = None


NO_CORRECTION = MemoryCorrection()


def correct_memory(
    records: Sequence[MemoryRecord], settings: Mapping[str, Any], still_mb: float, moved_mb: float
) -> MemoryCorrection:
    """The correction of an estimate.

    Args:
        records: measurements of this machine, device and model, in any order.
        settings: what the estimate is for, as `Workload.memory_settings` gives them.
        still_mb, moved_mb: what the estimate says, as in a record.
    """
    mine = [one for one in records if all(one.settings.get(key) == settings.get(key) for key in _SAME)]
    if not mine or moved_mb <= 0:
        return NO_CORRECTION
    newest = sorted(mine, key=lambda one: one.measured_at, reverse=True)
    alike = [likeness(one.settings, settings) for one in newest]
    weights = [AGED**place * like for place, like in enumerate(alike)]
    mean = sum(weight * log(one.share) for weight, one in zip(weights, newest, strict=True)) / sum(weights)
    sure = max(alike)
    like = sure >= _LIKE
    share = exp(sure * mean) if mean > 0 or like else 1.0
    wanted = max(still_mb + share * moved_mb, _measured(newest, settings))
    more = wanted - still_mb - moved_mb
    best = newest[max(range(len(newest)), key=lambda place: weights[place])]
    margin = _MARGIN if like else 1.0
    if more >= 0:
        return MemoryCorrection(1.0, more, margin, best.source)
    return MemoryCorrection(1.0 + more / moved_mb, 0.0, margin, best.source)


def _measured(records: Sequence[MemoryRecord], settings: Mapping[str, Any]) -> float:
    """What the very same settings were measured to take, or the same in smaller groups: no plan says less."""
    tokens = settings.get("tokens", 0)
    other = {key: value for key, value in settings.items() if key != "tokens"}
    same = (
        one.measured_mb
        for one in records
        if one.settings.get("tokens", 0) <= tokens
        and {key: value for key, value in one.settings.items() if key != "tokens"} == other
    )
    return max(same, default=0.0)
