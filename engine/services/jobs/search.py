"""The list of jobs, narrowed: by words, state, kind, tag, model, data and time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from engine.core.context import Context
from engine.core.shapes import NameOfId
from engine.jobs.kinds import keys_of, known_kind
from engine.jobs.views import briefs
from engine.shapes.jobs import JobBrief, JobFacets, JobWish
from storage.job_tables import ACTIVE, Job, JobStatus
from storage.queries import base_models, inputs, job_lists
from storage.queries.job_search import JobSearch, tags_used, used

GROUPS: dict[str, tuple[str, ...]] = {  # states as people tell them apart
    "running": ACTIVE,
    "waiting": (JobStatus.QUEUED,),
    "succeeded": (JobStatus.SUCCEEDED,),
    "stopped": (JobStatus.STOPPED, JobStatus.CANCELLED),
    "failed": (JobStatus.FAILED, JobStatus.INTERRUPTED),
}
DAYS = {"1": 1, "7": 7, "30": 30}
_LONGEST_TEXT = 200
_DAY_SECONDS = 86_400.0


def unfinished_jobs(ctx: Context, wanted: JobWish) -> list[JobBrief]:
    """Active jobs, then queued ones in order, as far as they meet what is wanted. What is wanted and not known narrows nothing."""
    with ctx.db.read() as s:
        return briefs(s, job_lists.unfinished(s, _hidden(), _read(wanted)))


def ended_jobs(ctx: Context, wanted: JobWish, limit: int) -> tuple[list[JobBrief], int]:
    """The newest jobs that ended and meet what is wanted, and how many do so in all."""
    search = _read(wanted)
    with ctx.db.read() as s:
        found = job_lists.ended(s, _hidden(), search, limit)
        count = len(found) if len(found) < limit else job_lists.count_ended(s, _hidden(), search)
        return briefs(s, found), count


def more_ended_jobs(ctx: Context, wanted: JobWish, after: tuple[float, int], limit: int) -> list[JobBrief]:
    """Those that follow in the list of `ended_jobs` on the one that ended (or was asked for) at that time and has that id."""
    with ctx.db.read() as s:
        return briefs(s, job_lists.ended(s, _hidden(), _read(wanted), limit, after))


def _hidden() -> tuple[str, ...]:
    """Kinds that are shown only while they run."""
    return keys_of(lambda kind: not kind.listed)


def _read(wanted: JobWish) -> JobSearch:
    text, state, kind, tag = (str(wanted.get(key) or "") for key in ("text", "state", "kind", "tag"))
    days = DAYS.get(str(wanted.get("days") or ""))
    return JobSearch(
        text=text[:_LONGEST_TEXT],
        statuses=GROUPS.get(state, ()),
        kinds=(kind,) if kind else (),
        tag=tag[:_LONGEST_TEXT],
        base_model=_id(wanted.get("model")),
        dataset=_id(wanted.get("data")),
        since=None if days is None else time.time() - days * _DAY_SECONDS,
    )


def _id(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() else None


def facets(ctx: Context) -> JobFacets:
    """What the list can be narrowed by."""
    hidden = _hidden()
    with ctx.db.read() as s:
        kinds = [known_kind(key) for key in used(s, Job.kind, hidden)]
        models = base_models.model_names(s, set(used(s, Job.base_model_id, hidden)))
        data = inputs.dataset_names(s, set(used(s, Job.dataset_id, hidden)))
        tags = tags_used(s)
    return {
        "states": list(GROUPS),
        "days": list(DAYS),
        "tags": tags,
        "kinds": [{"key": kind.key, "title": kind.title.as_dict()} for kind in kinds],
        "models": _named(models),
        "data": _named(data),
    }


def _named(names: Mapping[int, str]) -> list[NameOfId]:
    return [{"id": key, "name": name} for key, name in sorted(names.items(), key=lambda one: one[1].casefold())]
