"""The leaderboard of a comparison: means and spreads over seeds, and what is better than what. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any, Literal, cast

from engine.evaluation.comparison.objective_measures import OBJECTIVE_MEASURES, ObjectiveMeasure
from engine.evaluation.metrics import METRICS
from engine.evaluation.metrics.declaration import EvaluationMetric
from engine.shapes.leaderboard import EntrantState, LeaderboardRow

Row = dict[str, Any]
Kind = Literal["base", "tuned", "fewshot"]


@dataclass(frozen=True)
class Measure:
    """One column: which number of a run's result, and which direction is better.

    Attributes:
        key: its name in rows of the leaderboard.
        better: the direction that is better; "" where neither is.
        of: the number in a run's result.
        base: the same number of the untouched base, where it has one.
        decimals: digits behind the point in tables for people.
        scale: what the number is multiplied by there.
    """

    key: str
    better: Literal["low", "high", ""]
    of: Callable[[Mapping[str, Any]], float | None]
    base: Callable[[Mapping[str, Any]], float | None] | None = None
    decimals: int = 0
    scale: float = 1.0


def _column(metric: EvaluationMetric) -> Measure:
    return Measure(metric.key, metric.better, metric.of_result, metric.of_base, metric.decimals)


def _of_objectives(one: ObjectiveMeasure) -> Measure:
    return Measure(one.key, one.better, one.of, one.base, one.decimals, one.scale)


MEASURES = (
    *(_column(metric) for metric in METRICS),
    *(_of_objectives(one) for one in OBJECTIVE_MEASURES),
    Measure("seconds", "low", lambda r: r.get("seconds")),
    Measure("tokens_per_s", "high", lambda r: r.get("tokens_per_s")),
    Measure("memory_mb", "low", lambda r: r.get("peak_memory_mb")),
    Measure("disk", "low", lambda r: r.get("bytes"), decimals=2, scale=1e-6),
)
COUNTS = ("trained", "changed", "rank")


@dataclass(frozen=True)
class RunState:
    """One job of an entrant.

    Attributes:
        job_id: the job.
        seed: that it trains with.
        status: of the job (`storage.job_tables.JobStatus`).
        result: the job's result, with "bytes" of what it made.
        val_loss: held-out loss at its latest check, in nats a token.
        fraction: share of its steps that are done, 0 to 1.
        seconds_left: estimate of the worker; None where there is none.
        tuned_id: the tuned model that it made; None without one.
        error: {"code", "params"} of a failed job; None for others.
        plain_base: its base is the model as it is, not quantised.
    """

    job_id: int
    seed: int
    status: str
    result: Mapping[str, Any] = field(default_factory=dict)
    val_loss: float | None = None
    fraction: float = 0.0
    seconds_left: float | None = None
    tuned_id: int | None = None
    error: Mapping[str, Any] | None = None
    plain_base: bool = True

    @property
    def whole(self) -> bool:
        """Whether it used its whole budget: it came to its end, or its time did."""
        return self.status == "succeeded" or (self.status == "stopped" and self.result.get("ended") == "time")


@dataclass(frozen=True)
class Entered:
    """An entrant with its runs.

    Attributes:
        key: of the entrant in its comparison.
        kind: "base" for the untouched base, "tuned" for what is trained, "fewshot" for what answers from examples.
        runs: its jobs, one a seed.
        counts: of parameters: "trained", "changed" of the base and "rank" of that change, None where no matrix changes;
            empty where they are not known.
    """

    key: str
    kind: Kind
    runs: Sequence[RunState]
    counts: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """A number over the runs that have it.

    Attributes:
        mean: over the runs, in the unit of the measure.
        spread: sample standard deviation in the same unit; None for a single run.
        runs: how many have the number.
    """

    mean: float
    spread: float | None
    runs: int

    def level_with(self, other: Cell) -> bool:
        """Whether the difference is no larger than what other seeds alone make of it."""
        return abs(self.mean - other.mean) <= (self.spread or 0.0) + (other.spread or 0.0)


def summary(values: Sequence[float | None]) -> Cell | None:
    """Mean and spread of the finite ones among them; None where there is none."""
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None
    return Cell(fmean(known), stdev(known) if len(known) > 1 else None, len(known))


def shown_measures(rows: Sequence[Mapping[str, Any]]) -> tuple[Measure, ...]:
    """The columns of a table: those of objectives where one of the rows has them."""
    rare = {one.key for one in OBJECTIVE_MEASURES}
    return tuple(one for one in MEASURES if one.key not in rare or any(one.key in row["cells"] for row in rows))


def leaderboard(entrants: Sequence[Entered], *, of_objectives: bool = False) -> list[LeaderboardRow]:
    """The rows of the table: the base first, then the entrants in their order.

    Args:
        of_objectives: each entrant has a loss of its own, which says nothing beside another's: losses are left out.

    Returns:
        rows {"key", "kind", "runs", "state", "partial", "now", "counts", "cells": {measure: {"mean", "spread", "runs", "mark"}}}.
        A mark is "best", "level" (as good as the best one as far as the seeds tell) or None. Only runs that used their
        whole budget compete; where an entrant has none, `partial` is true and its numbers are those of what ended early.
    """
    rows = [_base_row(entrants), *(_row(entrant) for entrant in entrants)]
    apart = {metric.key for metric in METRICS if of_objectives and metric.needs == "loss"}
    for row in rows:
        row["cells"] = {key: cell for key, cell in row["cells"].items() if key not in apart}
    for measure in MEASURES:
        _mark(measure, rows)
    for row in rows:
        row["cells"] = {key: asdict(cell) | {"mark": row["marks"].get(key)} for key, cell in row["cells"].items()}
        del row["marks"]
    return [cast(LeaderboardRow, row) for row in rows]


def _base_row(entrants: Sequence[Entered]) -> Row:
    known = [run for entrant in entrants for run in entrant.runs if run.result.get("base_val_loss") is not None]
    plain = [run for run in known if run.plain_base] or known
    # Every job measures the same base: any one will do, and the median ignores rounding of different machines.
    results = [run.result for run in plain]
    cells = {}
    for measure in MEASURES:
        if measure.base is not None:
            values = sorted(value for result in results if (value := measure.base(result)) is not None)
            if values:
                cells[measure.key] = Cell(values[len(values) // 2], None, 1)
    return {"key": "base", "kind": "base", "runs": [], "state": "base", "partial": False, "now": None,
            "counts": {"trained": 0, "changed": 0, "rank": None}, "cells": cells, "marks": {}}  # fmt: skip


def _row(entrant: Entered) -> Row:
    whole = [run for run in entrant.runs if run.whole]
    ended = [run for run in entrant.runs if run.result]
    counted = whole or ended
    cells = {measure.key: summary([measure.of(run.result) for run in counted]) for measure in MEASURES}
    now = summary([run.val_loss for run in entrant.runs if not run.result])
    return {
        "key": entrant.key,
        "kind": entrant.kind,
        "runs": [_run(run) for run in entrant.runs],
        "state": state_of(entrant.runs),
        "partial": bool(ended) and not whole,
        "now": now.mean if now else None,
        "counts": dict(entrant.counts),
        "cells": {key: cell for key, cell in cells.items() if cell is not None},
        "marks": {},
    }


def _run(run: RunState) -> Row:
    wanted = ("job_id", "seed", "status", "fraction", "seconds_left", "tuned_id", "error")
    return {key: value for key, value in asdict(run).items() if key in wanted} | {"whole": run.whole}


def state_of(runs: Sequence[RunState]) -> EntrantState:
    """One word for several runs: "running", "waiting", "done", "partly" (some failed or were stopped), "failed" or "stopped"."""
    statuses = [run.status for run in runs]
    if any(status in ("starting", "running", "stopping") for status in statuses):
        return "running"
    if "queued" in statuses:
        return "waiting"
    whole = sum(run.whole for run in runs)
    if whole == len(runs):
        return "done"
    if whole:
        return "partly"
    return "failed" if "failed" in statuses else "stopped"


def _mark(measure: Measure, rows: Sequence[Row]) -> None:
    """Mark the best row of a column, or all those that are level with it."""
    competing = [row for row in rows if measure.key in row["cells"] and not row["partial"]]
    if not measure.better or len({row["cells"][measure.key].mean for row in competing}) < 2:
        return
    sign = 1 if measure.better == "low" else -1
    best = min(competing, key=lambda row: sign * row["cells"][measure.key].mean)
    top = best["cells"][measure.key]
    level = [row for row in competing if row is not best and row["cells"][measure.key].level_with(top)]
    for row in [best, *level]:
        row["marks"][measure.key] = "level" if level else "best"
