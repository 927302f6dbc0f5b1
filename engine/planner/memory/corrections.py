"""What this machine measured of the memory that jobs took, and how that corrects the memory estimate.

A measurement is kept beside what the estimate said of the largest group that was really worked through. The newest and
likest count most. What was measured to be more becomes a line of its own, a little larger where more comes and goes than
it did then: most of it is what an allocator and libraries hold, which hardly grows. What was measured to be less makes what comes and
goes smaller, never the weights, and never below what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any, Literal

from engine.planner.memory.likeness import AGED, likeness

MEMORY_VERSION = 1  # of the formulas: what was measured against others corrects nothing any more
COMES_AND_GOES = frozenset(
    {"activations", "logits", "temporary"}
)  # lines that a measurement corrects; the others are exact
_LEAST = 0.8  # of what comes and goes: no measurement makes it less
_GROWTH = 0.15  # by which what was too little grows each time that twice as much comes and goes ...
_GROWN = (0.8, 1.5)  # ... within these bounds
_PLAUSIBLE = (0.4, 2.0)  # measured over planned, of the whole process: outside it something else was measured
_LIKE = 0.8  # likeness from which on a measurement says that less is enough, and narrows the margin
_SHARPER = 3  # power of a likeness that weighs measurements against one another: one with the same settings counts most
_SURE = 0.25  # ... and with which the likest one's makes what was too little less: being too high is the smaller fault
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
    def method(self) -> str:
        """Key of the method that was measured."""
        return str(self.settings.get("method"))

    def more(self, moved_mb: float) -> float:
        """MB that an estimate with so much that comes and goes says too little by this measurement; below 0 too much."""
        found, times = self.measured_mb - self.still_mb - self.moved_mb, moved_mb / self.moved_mb
        if found <= 0:
            return max(_LEAST - 1, found / self.moved_mb) * moved_mb
        least, most = _GROWN
        return found * min(most, max(least, 1 + _GROWTH * log2(times)))

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
    mine = [
        one for one in records if one.moved_mb > 0 and all(one.settings.get(key) == settings.get(key) for key in _SAME)
    ]
    if not mine or moved_mb <= 0:
        return NO_CORRECTION
    newest = sorted(mine, key=lambda one: one.measured_at, reverse=True)
    alike = [likeness(one.settings, settings) for one in newest]
    weights = [AGED**place * like**_SHARPER for place, like in enumerate(alike)]
    mean = sum(weight * one.more(moved_mb) for weight, one in zip(weights, newest, strict=True)) / sum(weights)
    sure = max(alike)
    like = sure >= _LIKE
    corrected = min(mean * sure**_SURE, still_mb + moved_mb) if mean > 0 else mean * like
    more = max(corrected, _measured(newest, settings) - still_mb - moved_mb)
    best = newest[max(range(len(newest)), key=lambda place: weights[place])]
    margin = _MARGIN if like else 1.0
    if more >= 0:
        return MemoryCorrection(1.0, more, margin, best.source)
    return MemoryCorrection(1.0 + more / moved_mb, 0.0, margin, best.source)


def _measured(records: Sequence[MemoryRecord], settings: Mapping[str, Any]) -> float:
    """What the very same settings were measured to take, or the same in smaller groups: no plan says less."""
    tokens = settings.get("tokens", 0)
    return max((one.measured_mb for one in records if _within(one.settings, settings, tokens)), default=0.0)


def _within(small: Mapping[str, Any], large: Mapping[str, Any], tokens: int) -> bool:
    """Whether they are the same but for the tokens of a group, of which the first has no more."""
    if small.get("tokens", 0) > tokens or small.keys() != large.keys():
        return False
    return all(small[key] == value for key, value in large.items() if key != "tokens")
