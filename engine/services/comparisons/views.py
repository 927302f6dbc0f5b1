"""What the pages see of comparisons: the leaderboard, the curves, the answers side by side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.base_formats import base_format
from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.params import Param, read_all
from engine.data.rows.scored_answers import answers_path, read_answers
from engine.evaluation.comparison.leaderboard import Entered, RunState, leaderboard, state_of
from engine.evaluation.comparison.objective_measures import OBJECTIVE_MEASURES
from engine.evaluation.comparison.report import csv_text, markdown_text
from engine.evaluation.comparison.spec import PARAMS, ComparisonSpec, Entrant, stored_comparison
from engine.evaluation.metrics import METRICS
from engine.jobs.downsample import downsample
from engine.jobs.progress import duration, fraction, seconds_left
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.shapes.comparisons import ComparedAnswers, ComparisonBody, ComparisonBrief, ComparisonView, Curves
from storage.comparison_tables import Comparison, ComparisonEntry
from storage.job_tables import FINAL, Job
from storage.queries import base_models, events, inputs, metrics
from storage.queries import comparisons as queries
from storage.queries import jobs as job_queries
from storage.tables import LanguageModel

Row = dict[str, Any]
CURVES = ("train_loss", "val_loss")
_MOST_POINTS = 400
_LISTED = 100


def list_comparisons(ctx: Context) -> list[ComparisonBrief]:
    """Every comparison, the newest first: {id, name, created_at, base_model_name, dataset_name, entrants, seeds, held, jobs, ended, state}."""
    with ctx.db.read() as s:
        rows = queries.newest(s, _LISTED)
        counted = queries.statuses(s, [row.id for row in rows])
        models = base_models.model_names(s, {row.base_model_id for row in rows})
        datasets = inputs.dataset_names(s, {row.dataset_id for row in rows})
    shown = (
        {
            "id": row.id,
            "name": row.name,
            "created_at": row.created_at,
            "base_model_name": models.get(row.base_model_id),
            "dataset_name": datasets.get(row.dataset_id),
            "entrants": [
                {key: one.get(key) for key in ("key", "method", "variant", "objective")} for one in row.spec["entrants"]
            ],
            "seeds": row.spec["shared"]["seeds"],
            "held": row.spec["shared"]["held"],
        }
        | _counts(counted.get(row.id, {}), by_time=row.spec["shared"]["held"] == "time")
        for row in rows
    )
    return [cast(ComparisonBrief, one) for one in shown]


def _counts(statuses: Mapping[str, int], *, by_time: bool) -> Row:
    """How far a comparison is. By time, a stopped job is one that its time ended."""
    runs = [
        RunState(0, 0, status, {"ended": "time" if by_time else None})
        for status, count in statuses.items()
        for _ in range(count)
    ]
    ended = sum(count for status, count in statuses.items() if status in FINAL)
    return {"jobs": len(runs), "ended": ended, "state": state_of(runs) if runs else "stopped"}


def comparison_view(ctx: Context, comparison_id: int) -> ComparisonView:
    """One comparison with its leaderboard. Raises NotFound.

    Returns:
        {id, name, created_at, spec, base_model_name, dataset_name, state, active, rows, version}; `rows` as from
        `leaderboard`, each with "method" and "variant". `version` changes when anything else does.
    """
    with ctx.db.read() as s:
        row = queries.get_comparison(s, comparison_id)
        if row is None:
            raise NotFound(comparison=comparison_id)
        view = _view(s, row)
    text = json.dumps(view, sort_keys=True, default=str)
    return {**view, "version": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}


def _view(s: Session, row: Comparison) -> ComparisonBody:
    spec = stored_comparison(row.spec)
    entries, jobs = queries.entries_of(s, row.id), queries.jobs_of(s, row.id)
    model = base_models.get_model(s, row.base_model_id)
    made, tuned = queries.bytes_of(s, jobs), job_queries.tuned_ids(s, jobs)
    ran = events.running_seconds(s, jobs)
    runs = {entry.job_id: _run(entry, jobs[entry.job_id], made, tuned, ran) for entry in entries}
    entered = [_entered(one, entries, runs, model) for one in spec.entrants]
    declared: dict[str, Entrant] = {entrant.key: entrant for entrant in spec.entrants}
    rows = leaderboard(entered, of_objectives=spec.of_objectives)
    for line in rows:
        one = declared.get(line["key"])
        line["method"], line["variant"] = (one.method, one.variant) if one else (None, None)
        line["objective"] = one.objective if one else None
    return {
        "id": row.id,
        "name": row.name,
        "created_at": row.created_at,
        "spec": spec.as_dict(),
        "base_model_name": model.name if model else None,
        "dataset_name": inputs.dataset_names(s, [row.dataset_id]).get(row.dataset_id),
        "state": state_of(list(runs.values())) if runs else "stopped",
        "active": any(job.status not in FINAL for job in jobs.values()),
        "rows": rows,
    }


def _run(
    entry: ComparisonEntry, job: Job, made: Mapping[int, int], tuned: Mapping[int, int], ran: Mapping[int, float]
) -> RunState:
    result = dict(job.result or {})
    if result:
        result |= {"seconds": duration(job, ran)} | ({"bytes": made[job.id]} if job.id in made else {})
    return RunState(
        job_id=job.id,
        seed=entry.seed,
        status=job.status,
        result=result,
        val_loss=job.val_loss,
        fraction=1.0 if job.status in FINAL else fraction(job),
        seconds_left=seconds_left(job),
        tuned_id=tuned.get(job.id),
        error=job.error,
        plain_base=not base_format(job.spec["training"]).quantised,
    )


def _entered(
    entrant: Entrant, entries: Sequence[ComparisonEntry], runs: Mapping[int, RunState], model: LanguageModel | None
) -> Entered:
    mine = [runs[entry.job_id] for entry in entries if entry.entrant == entrant.key]
    try:
        trains, counts = method_of(entrant.method).capabilities.trains, counts_of(entrant, model)
    except Fault:  # a method that this version does not have
        trains, counts = True, {}
    return Entered(entrant.key, "tuned" if trains else "fewshot", mine, counts)


def counts_of(entrant: Entrant, model: LanguageModel | None) -> dict[str, int | None]:
    """How many numbers are trained, how many of the base's change, and the rank of that change, by the method's own formulas."""
    if model is None:
        return {}
    method, variant = entrant.declared
    chosen = (dict(variant.values) if variant else {}) | dict(entrant.method_params)
    values, _faults = read_all(method.params, chosen, "method")
    try:
        shape = shape_of(model.config, model.parameters)
    except Fault:
        return {}
    return {
        "trained": method.trainable(shape, values),
        "changed": method.changed(shape, values),
        "rank": method.rank(shape, values),
    }


def comparison_curves(ctx: Context, comparison_id: int) -> dict[str, Curves]:
    """Losses over steps by entrant: {entrant: {"train_loss": [[step, value]...], "val_loss": [...]}}. Raises NotFound.

    Of several seeds, the mean of those that came to their end; of the one that is furthest while none has.
    """
    with ctx.db.read() as s:
        if queries.get_comparison(s, comparison_id) is None:
            raise NotFound(comparison=comparison_id)
        jobs, entries = queries.jobs_of(s, comparison_id), queries.entries_of(s, comparison_id)
        series = {name: metrics.series_of(s, jobs, name) for name in CURVES}
    shown: dict[str, Curves] = {}
    for key in dict.fromkeys(entry.entrant for entry in entries):
        mine = [jobs[entry.job_id] for entry in entries if entry.entrant == key]
        ended = [job for job in mine if job.result] or [max(mine, key=lambda job: job.step)]
        lines = {name: mean_series([series[name].get(job.id, []) for job in ended]) for name in CURVES}
        shown[key] = {name: downsample(points, _MOST_POINTS) for name, points in lines.items()}
    return shown


def mean_series(lines: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """The mean at each step that all of the lines have."""
    if len(lines) == 1:
        return list(lines[0])
    columns = [dict(line) for line in lines]
    steps = sorted(set(columns[0]).intersection(*columns[1:])) if columns else []
    return [(step, sum(column[step] for column in columns) / len(columns)) for step in steps]


def comparison_answers(ctx: Context, comparison_id: int) -> list[ComparedAnswers]:
    """The scored questions: [{"question", "expected", "base", "answers": {entrant: text}}], with the first seed that answered.

    Raises:
        NotFound: there is no such comparison.
    """
    with ctx.db.read() as s:
        row = queries.get_comparison(s, comparison_id)
        if row is None:
            raise NotFound(comparison=comparison_id)
        entries = sorted(queries.entries_of(s, comparison_id), key=lambda entry: (entry.seed, entry.id))
        entries = [entry for entry in entries if _answers_stand(s.get_one(Job, entry.job_id))]
    asked: dict[tuple[str, str], ComparedAnswers] = {}
    for entry in entries:
        for one in read_answers(answers_path(ctx.settings.home, entry.job_id)):
            fresh: ComparedAnswers = {
                "question": one["question"],
                "expected": one["expected"],
                "base": one["base"],
                "answers": {},
            }
            shown = asked.setdefault((one["question"], one["expected"]), fresh)
            shown["answers"].setdefault(entry.entrant, one["answer"])
    return list(asked.values())


def _answers_stand(job: Job) -> bool:
    """Whether the answers are those of the weights that are the model: not where others were chosen for it since."""
    return not job.result or "answers" in job.result


def export_comparison(ctx: Context, comparison_id: int, form: str, *, say: Callable[[str], str], lang: str) -> str:
    """The leaderboard as "csv" or "markdown". `say` turns keys of facts and of columns, but for metrics, into words.

    Raises:
        NotFound: there is no such comparison.
    """
    view = comparison_view(ctx, comparison_id)
    spec = stored_comparison(view["spec"])
    labels = {"base": say("base")} | {entrant.key: entrant.label(lang) for entrant in spec.entrants}
    if form == "csv":
        return csv_text(view["rows"], labels)
    facts = [("model", view["base_model_name"]), ("data", view["dataset_name"]), ("rows", spec.dataset_hash[:12])]
    facts += [
        (param.key, _said(param, spec.shared[param.key], lang)) for param in PARAMS if _counts_for(spec, param.key)
    ]
    named = [(say(f"fact.{key}"), str(value or "-")) for key, value in facts]
    metrics_said = {f"column.{metric.key}": metric.label.in_(lang) for metric in METRICS}
    metrics_said |= {f"column.{measure.key}": measure.label.in_(lang) for measure in OBJECTIVE_MEASURES}

    def words(key: str) -> str:
        return metrics_said.get(key) or say(key)

    return markdown_text(view["rows"], labels, words, view["name"], named)


def _said(param: Param, value: Any, lang: str) -> str:
    return param.choices[value].in_(lang) if param.choices else f"{value:g}" if isinstance(value, float) else str(value)


def _counts_for(spec: ComparisonSpec, key: str) -> bool:
    """Whether a shared setting has a say under this comparison's budget."""
    return {"minutes": "time", "epochs": "tokens"}.get(key, spec.shared["held"]) == spec.shared["held"]
