"""The Jobs page: everything that trains, waits or is finished, and one job live. The address (?job=7) is the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.sizes import memory_size
from engine.jobs import feed as job_feeds
from engine.jobs.curves import Curves
from engine.methods import METHODS, method_of
from engine.objectives import OBJECTIVES, usual_objective
from engine.objectives.declaration import Objective
from engine.services.jobs import labels, lifecycle, search
from engine.services.jobs.figures import SECTIONS, DrawnFigure, figures_of
from engine.services.planning import retry
from engine.services.planning.sizes import size_of_base
from engine.shapes.jobs import JobBrief, JobFacets, JobView, JobWish
from webui.components import PolledFunction, view
from webui.guard import guarded
from webui.i18n import t
from webui.pages.recipes import recipe_functions
from webui.pages.shapes import (
    AdviceRow,
    ChartRow,
    EndedJobs,
    FeedCursors,
    FigureRow,
    FigureSectionRow,
    JobFigures,
    ListedJob,
    NamedJob,
    NamedJobFeed,
    SettingRow,
)
from webui.site import Site

Action = Literal["stop", "cancel", "resume", "delete"]


def method_label(lang: str, key: str | None) -> str:
    """A method's name for people; a key that this version does not know stands for itself."""
    if not key:
        return ""
    try:
        return method_of(key).label.in_(lang)
    except Fault:
        return key


def _shown(lang: str, param: Param, value: Any) -> str:
    """A setting's value in words."""
    if value is None:
        return t(lang, "jobs.settings.automatic")
    if isinstance(value, list | tuple):
        return ", ".join(_shown(lang, param, item) for item in value)
    if value in param.choices:
        return param.choices[value].in_(lang)
    if isinstance(value, bool):
        return t(lang, "jobs.settings.yes" if value else "jobs.settings.no")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {param.unit.in_(lang)}" if param.unit else text


def _declared(
    lang: str, group: Literal["method", "training"], params: Sequence[Param], values: Mapping[str, Any]
) -> Iterator[SettingRow]:
    for param in params:
        if param.key in values:
            value = values[param.key]
            yield {
                "group": group,
                "label": param.label.in_(lang),
                "value": _shown(lang, param, value),
                "changed": value != param.default,
                "main": not param.advanced or value != param.default,
            }


def _budget_rows(lang: str, budget: Mapping[str, Any]) -> Iterator[SettingRow]:
    for key in ("device", "memory_mb", "minutes"):
        value = budget.get(key)
        usual = t(lang, "jobs.settings.automatic" if key == "device" else "jobs.settings.no_limit")
        shown = usual if value in (None, "auto") else memory_size(value) if key == "memory_mb" else value
        yield {
            "group": "budget",
            "label": t(lang, f"jobs.settings.{key}"),
            "value": str(shown),
            "changed": False,
            "main": key == "device",
        }


def settings_rows(lang: str, spec: Mapping[str, Any], parameters: int | None = None) -> list[SettingRow]:
    """A job's whole spec for people: labels from the declarations, `main` where a beginner would look.

    Args:
        parameters: of the base model, which defaults follow.
    """
    if not spec.get("method"):
        return []
    try:
        method = method_of(str(spec["method"]))
    except Fault:
        return []
    rows = list(_declared(lang, "method", method.params, spec.get("method_params") or {}))
    objective = objective_named(spec)
    declared = objective.params_of(method, parameters)
    rows += _declared(lang, "training", declared, spec.get("training") or {})
    unusual, label = objective != usual_objective(), t(lang, "jobs.settings.objective")
    value = objective.label.in_(lang)
    rows.append({"group": "training", "label": label, "value": value, "changed": unusual, "main": unusual})
    return rows + list(_budget_rows(lang, spec.get("budget") or {}))


def objective_named(spec: Mapping[str, Any]) -> Objective:
    """What a stored spec optimises; the usual one where it names none that is known."""
    return next((one for one in OBJECTIVES if one.key == spec.get("objective")), usual_objective())


def objective_label(lang: str, key: str | None) -> str:
    """An objective's name beside a method's; nothing for the usual one."""
    known = next((one for one in OBJECTIVES if one.key == key), None)
    return known.label.in_(lang) if known and known != usual_objective() else ""


def job_figures(lang: str, spec: Mapping[str, Any]) -> JobFigures:
    """How the numbers that the job's objective adds are drawn together."""
    drawn = figures_of(objective_named(spec))
    used = {one.figure.section for one in drawn}
    sections: list[FigureSectionRow] = [
        {"key": one.key, "label": one.label.in_(lang), "says": one.says.in_(lang)}
        for one in SECTIONS
        if one.key in used
    ]
    return {"sections": sections, "figures": [_figure_row(lang, spec, one) for one in drawn]}


def _figure_row(lang: str, spec: Mapping[str, Any], drawn: DrawnFigure) -> FigureRow:
    figure, level = drawn.figure, drawn.figure.level
    return {
        "key": figure.key,
        "label": drawn.label.in_(lang),
        "help": drawn.help.in_(lang),
        "section": figure.section,
        "lines": [{"metric": one.metric, "look": one.look, "label": one.label.in_(lang)} for one in figure.lines],
        "band": figure.band,
        "each": figure.each,
        "parts": {key: label.in_(lang) for key, label in figure.parts(spec).items()},
        "level": {"value": level.value, "label": level.label.in_(lang)} if level else None,
        "large": drawn.large,
    }


def chart_rows(lang: str, spec: Mapping[str, Any]) -> list[ChartRow]:
    """The numbers over time that the job's objective adds: [{key, label, help}]."""
    charts = objective_named(spec).charts
    return [{"key": one.key, "label": one.label.in_(lang), "help": one.help.in_(lang)} for one in charts]


def advice_rows(lang: str, job: JobView) -> list[AdviceRow]:
    """The change that a failed job's error proposes, for people: [{label, value}]."""
    change = retry.change_of(job)
    method = method_of(str(change.get("method") or job.get("method") or METHODS[0].key))
    objective = objective_named(job.get("spec") or {})
    areas = {"training": objective.params_of(method), "method": method.params}
    rows: list[AdviceRow] = []
    for field, value in change.items():
        area, _, key = field.partition(".")
        param = next((one for one in areas.get(area, ()) if one.key == key), None)
        if param is not None:
            rows.append({"label": param.label.in_(lang), "value": _shown(lang, param, value)})
        elif field == "method":
            rows.append({"label": t(lang, "jobs.settings.method"), "value": method.label.in_(lang)})
    return rows


def _listed(lang: str, jobs: Sequence[JobBrief]) -> list[ListedJob]:
    return [
        {
            **job,
            "method_label": method_label(lang, job["method"]),
            "objective_label": objective_label(lang, job["objective"]),
        }
        for job in jobs
    ]


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx, curves = site.ctx, Curves()

    def jobs_now(wanted: JobWish) -> list[ListedJob]:
        return _listed(lang, search.unfinished_jobs(ctx, wanted))

    def jobs_ended(wanted: JobWish) -> EndedJobs:
        found, count = search.ended_jobs(ctx, wanted, AT_ONCE)
        return {"count": count, "rows": _listed(lang, found)}

    def jobs_more(wanted: JobWish, at: float, job_id: int) -> list[ListedJob]:
        return _listed(lang, search.more_ended_jobs(ctx, wanted, (float(at), int(job_id)), AT_ONCE))

    def jobs_facets() -> JobFacets:
        return search.facets(ctx)

    def job_label(job_id: int, tags: list[str], note: str) -> None:
        labels.label_job(ctx, int(job_id), [str(tag) for tag in tags], str(note))

    def job_feed(job_id: int, cursors: FeedCursors) -> NamedJobFeed:
        known: dict[str, Any] = {key: value for key, value in cursors.items() if key in _CURSORS}
        feed = job_feeds.job_feed(ctx, int(job_id), curves=curves, **known)
        job = feed["job"]
        (shown,) = _listed(lang, [job])
        return {
            **feed,
            "job": cast(NamedJob, shown),
            "advice": advice_rows(lang, job),
            "charts": chart_rows(lang, job["spec"] or {}),
            "figures": job_figures(lang, job["spec"] or {}),
        }

    def job_settings(job_id: int) -> list[SettingRow]:
        spec = lifecycle.job_view(ctx, int(job_id)).get("spec") or {}
        return settings_rows(lang, spec, size_of_base(ctx, spec))

    def job_act(job_id: int, action: Action) -> None:
        _ACTIONS[action](ctx, int(job_id))

    def job_move(job_id: int, direction: Literal["up", "down"]) -> None:
        lifecycle.move_job(ctx, int(job_id), "up" if direction == "up" else "down")

    def job_start_changed(job_id: int) -> int:
        return retry.start_changed(ctx, int(job_id))

    guard = guarded(lang)
    asked = [PolledFunction(guard(one)) for one in (jobs_now, jobs_ended, jobs_facets)]
    asked.append(PolledFunction(guard(job_feed), adds=_ADDED))
    made, watched = recipe_functions(site, lang)
    functions: list[Callable[..., Any]] = [jobs_more, job_settings, job_label, job_act, job_move, job_start_changed]
    asked += [PolledFunction(guard(one)) for one in watched]
    view("jobs", functions=[guard(function) for function in (*functions, *made)], polled=asked)


AT_ONCE = 60  # rows; more where somebody scrolls down
_ADDED = ("events", "logs", "samples", "metrics")
_CURSORS = ("attempt", "after_event", "after_log", "after_sample", "after_metric")
_ACTIONS = {
    "stop": lifecycle.stop_job,
    "cancel": lifecycle.cancel_job,
    "resume": lifecycle.resume_job,
    "delete": lifecycle.delete_job,
}
