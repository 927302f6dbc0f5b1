"""What a job's held-out rows say of its result where the validation loss says little: pairs judged right, rewards reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.core.shapes import Said
from engine.objectives import OBJECTIVES
from engine.objectives.declaration import Merit
from engine.shapes.jobs import OutcomeView
from storage.job_tables import Job
from storage.queries import metrics

_Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class MeasuredMerit:
    """An outcome with what was measured of it.

    Attributes:
        outcome: what it is.
        points: (step, value) of each check so far.
    """

    outcome: Merit
    points: _Points

    def between(self, step: int | None = None) -> OutcomeView | None:
        """From the first check to the latest one, or to that of a step; None before there are two."""
        at = dict(self.points)
        if len(self.points) < 2:
            return None
        last = self.points[-1][1] if step is None else at.get(step, self.points[-1][1])
        return view_of(self.outcome, self.points[0][1], last)


def view_of(outcome: Merit, first: float, last: float) -> OutcomeView:
    """An outcome before and after, as pages get it."""
    label: Said = outcome.label.as_dict()
    return {"metric": outcome.metric, "label": label, "share": outcome.share, "first": first, "last": last}


def said(value: float, share: bool) -> str:
    """A number of an outcome in a sentence: "94 %", or with three digits."""
    return f"{100 * value:.0f} %" if share else f"{value:.3g}"


def outcomes_of(spec: Mapping[str, Any] | None) -> tuple[Merit, ...]:
    """What tells of the results of a stored spec's objective."""
    key = (spec or {}).get("objective")
    return next((one.outcomes for one in OBJECTIVES if one.key == key), ())


def measured(s: Session, jobs: Sequence[Job]) -> dict[int, MeasuredMerit]:
    """Of each job whose objective has an outcome that was measured."""
    wanted = {job.id: outcomes_of(job.spec) for job in jobs if job.method}
    names = {one.metric for outcomes in wanted.values() for one in outcomes}
    ids = [job_id for job_id, outcomes in wanted.items() if outcomes]
    series = {name: metrics.series_of(s, ids, name) for name in sorted(names)}
    found: dict[int, MeasuredMerit] = {}
    for job_id, outcomes in wanted.items():
        told = [MeasuredMerit(one, series[one.metric][job_id]) for one in outcomes if job_id in series[one.metric]]
        if told:
            found[job_id] = told[0]
    return found
