"""The list of jobs, narrowed: by words, state, kind, tag, model, data and time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from engine.core.context import Context
from engine.core.shapes import NameOfId
from engine.jobs.kinds import keys_of, known_kind
from engine.jobs.views import views
from engine.shapes.jobs import JobFacets, JobView, JobWish
from storage.job_tables import ACTIVE, Job, JobStatus
from storage.queries import base_models, inputs
from storage.queries import jobs as queries
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


def search_jobs(ctx: Context, wanted: JobWish, limit: int = 200) -> list[JobView]:
    """Views of active jobs, then queued ones in order, then the newest, as far as they meet what is wanted.

    What is wanted and not known narrows nothing.
    """
    hidden = keys_of(lambda kind: not kind.listed)
    with ctx.db.read() as s:
        return views(s, queries.newest_jobs(s, limit, hidden=hidden, search=_read(wanted)))


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
    hidden = keys_of(lambda kind: not kind.listed)
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
