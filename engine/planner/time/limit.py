"""A limit of time: what of it may go into what, and what to change where a job would not be done within it.

The shares hold while the job runs (`engine.training.loop.clock`, `.extras`): what tells of the base and teaches nothing may
not take the time of the first steps, and neither may answers that are only asked for at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from engine.planner.memory.verdict import Verdict
from engine.planner.time.speed import Duration

EXTRAS_SHARE = (
    0.25  # of what is left when the model can work: most for the base's answers and scores before the first step
)
CHECK_SHARE = 0.15  # of the limit that one evaluation, or one round of sample answers, may take
ANSWERS_SHARE = 0.2  # of the limit that is kept at most for the scored answers at the end
TOO_SHORT = "verdict.time_short"
TOO_FEW = "verdict.time_few"  # steps for what the method does in them
_AIM = 0.98  # share of the limit that is planned for
_WORTH_IT = 0.5  # passes, or all of fewer: with less, checks and answers are given up first
_LEAST = 0.01  # passes


@dataclass(frozen=True)
class _Way:
    """Settings of training to change, and the passes that keep to the limit then."""

    change: dict[str, Any]
    epochs: float


def time_verdict(
    found: Duration,
    minutes: float | None,
    training: Mapping[str, Any],
    again: Callable[[Mapping[str, Any]], Duration | None],
) -> Verdict | None:
    """What to say when the job takes longer than the limit; None when it does not.

    Args:
        training: the job's settings.
        again: the time with some of them changed; None where the job would be refused so.
    """
    if minutes is None or found.seconds <= minutes * 60:
        return None
    numbers = {"minutes": round(found.seconds / 60, 1), "limit_minutes": f"{minutes:g}"}
    if not found.parts.get("training"):
        return _without_answers(found, numbers, minutes, training, again)
    enough, best, refused = min(_WORTH_IT, float(training["epochs"])), None, False
    for change in _changes(training):
        whole = again(change)
        if whole is None:
            continue
        way = _Way(change, _fitting(whole, minutes, float(training["epochs"])))
        fewer = again({**change, "epochs": way.epochs}) if way.epochs >= _LEAST else whole
        refused = refused or fewer is None
        if fewer is None or (fewer is not whole and fewer.seconds > minutes * 60):  # a step is not cut
            continue
        best = way if best is None or way.epochs > best.epochs else best
        if way.epochs >= enough:
            break
    if best is None or best.epochs < _LEAST:
        return _too_short(found, numbers, TOO_FEW if refused else TOO_SHORT)
    return _fewer(best, numbers, training)


def _fewer(way: _Way, numbers: Mapping[str, Any], training: Mapping[str, Any]) -> Verdict:
    changed = {**training, **way.change}
    params = {**numbers, "epochs": way.epochs, "of": f"{float(training['epochs']):g}"}
    change = {f"training.{key}": value for key, value in {"epochs": way.epochs, **way.change}.items()}
    if not way.change:
        return Verdict("verdict.time", params, change=change)
    params |= {"evaluations": changed["evaluations"], "scored": changed.get("scored_answers", 0)}
    return Verdict("verdict.time_less", params, change=change)


def _changes(training: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What takes time besides steps, less and less of it."""
    checks, none = int(training["evaluations"]), {"scored_answers": 0} if training.get("scored_answers") else {}
    yield {}
    if checks > 1:
        yield {"evaluations": 1}
    if none:
        yield {**none, **({"evaluations": 1} if checks > 1 else {})}
    if checks:
        yield {"evaluations": 0, **none}


def _fitting(time: Duration, minutes: float, epochs: float) -> float:
    """The passes that the limit has room for, as people would write them; at most those that were wanted."""
    training = time.parts["training"]
    found = min(epochs, epochs * (_AIM * minutes * 60 - (time.seconds - training)) / training)
    return float(int(found)) if found >= 1 else floor(found * 100) / 100


def _without_answers(
    found: Duration,
    numbers: Mapping[str, Any],
    minutes: float,
    training: Mapping[str, Any],
    again: Callable[[Mapping[str, Any]], Duration | None],
) -> Verdict:
    """Of a method that takes no steps: its answers are what takes time."""
    change = {"scored_answers": 0}
    without = again(change) if training.get("scored_answers") else None
    if without is not None and without.seconds <= minutes * 60:
        return Verdict("verdict.time_answers", dict(numbers), change={"training.scored_answers": 0})
    return _too_short(found, numbers)


def _too_short(found: Duration, numbers: Mapping[str, Any], code: str = TOO_SHORT) -> Verdict:
    need = ceil(found.seconds / 60)
    return Verdict(code, {**numbers, "minutes": need}, change={"budget.minutes": need})
