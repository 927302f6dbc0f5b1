"""How a job gets into the queue: the one place that makes one. The same wish twice is one job, as its kind says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import null
from sqlalchemy.orm import Session

from engine.core.names import free_name
from engine.jobs.kinds.declaration import JobKind, SameWish
from engine.jobs.kinds.prepare_model import PREPARE_MODEL
from storage.job_tables import Job, JobStatus
from storage.model_status import KNOWN
from storage.queries import jobs as queries
from storage.queries.base_models import get_model
from storage.queries.settings import get_value
from storage.tables import LanguageModel

Spec = Mapping[str, Any]
Grants = Callable[[Job], bool]


def enqueue(
    s: Session,
    kind: JobKind,
    *,
    name: str,
    spec: Spec,
    lane: str | None = None,
    idempotency_key: str = "",
    grants: Grants = lambda _job: True,
    spec_version: int = 1,
    method: str | None = None,
    dataset_id: int | None = None,
    base_model_id: int | None = None,
) -> int:
    """The id of a job that does this, as part of the caller's transaction: a new one where no other grants the same wish.

    Args:
        name: what lists call it; one that is taken gets a number where its kind says so, in the spec as well.
        spec: all that its worker reads.
        lane: of the device; for kinds that wait in a device's lane alone.
        idempotency_key: names the wish, where its kind is `by_key`.
        grants: of an earlier job with the same wish: what its kind cannot tell, such as whether the file it made is still there.

    Where the job needs a model's weights that are not here yet, the job that fetches them is queued with it; it waits for that one.
    """
    columns = {"method": method, "dataset_id": dataset_id, "base_model_id": base_model_id, "lane": lane_of(kind, lane)}
    known = same_job(s, kind, spec=spec, idempotency_key=idempotency_key, grants=grants, **columns)
    if known is not None:
        return known
    if idempotency_key and (old := queries.job_by_key(s, idempotency_key)) is not None:
        old.idempotency_key = None
        s.flush()
    if kind.numbered:
        name = free_name(name, queries.taken_names(s, kind.key))
        spec = {**spec, "name": name}
    if kind.needs_weights and base_model_id is not None and (model := get_model(s, base_model_id)) is not None:
        fetch_weights(s, model)
    job = Job(
        name=name,
        kind=kind.key,
        status=JobStatus.QUEUED,
        idempotency_key=idempotency_key or None,
        spec=dict(spec),
        spec_version=spec_version,
        error=null(),
        **columns,
    )
    return queries.add_job(s, job)


def fetch_weights(s: Session, model: LanguageModel) -> int | None:
    """The unfinished job that fetches the weights of a known model, or a new one; None where they are here, or the model is not known."""
    if model.status != KNOWN:
        return None
    model.error = None
    _take_chosen_hub(s, model)
    spec = {"name": model.name, "base_model": model.id}
    return enqueue(s, PREPARE_MODEL, name=model.name, spec=spec, base_model_id=model.id)


def _take_chosen_hub(s: Session, model: LanguageModel) -> None:
    """Let the weights come from the address that was chosen since, where that is of the same kind: it has the same revision."""
    chosen, notes = (get_value(s, "hub") or {}).get("value"), model.config.get("_tunesmith", {})
    told = notes.get("hub") or {}
    if chosen and chosen["kind"] == told.get("kind") and chosen["url"] != told["url"]:
        model.config = {**model.config, "_tunesmith": {**notes, "hub": {**told, "url": chosen["url"]}}}


def lane_of(kind: JobKind, device: str | None = None) -> str:
    """The queue of a kind of job. Raises ValueError where a device's lane is missing, or given to light work."""
    if (kind.lane == "device") != (device is not None):
        raise ValueError(f"lane {device!r} for {kind.key}, which waits in the lane: {kind.lane}")
    return device if device is not None else kind.lane


def same_job(
    s: Session,
    kind: JobKind,
    *,
    spec: Spec | None = None,
    idempotency_key: str = "",
    grants: Grants = lambda _job: True,
    **columns: Any,
) -> int | None:
    """The newest job that grants the same wish, as its kind declares it; None where it takes a new one.

    Args:
        spec, columns: as much of them as the kind's `SameWish` looks at.
    """
    same = kind.same
    if same is None:
        return None
    wanted = None if same.by_key else same.wish(spec or {})
    for job in _candidates(s, kind, same, idempotency_key, columns):
        if (same.by_key or same.wish(job.spec) == wanted) and grants(job):
            return job.id
    return None


def _candidates(s: Session, kind: JobKind, same: SameWish, key: str, columns: Mapping[str, Any]) -> list[Job]:
    """Jobs that could be it, by what the database can tell."""
    if same.by_key:
        named = queries.job_by_key(s, key) if key else None
        found = [] if named is None or named.status not in same.statuses else [named]
    else:
        of = {column: columns[column] for column in same.columns}
        found = queries.alike(s, kind.key, statuses=same.statuses, deleted=True, **of)
    return [
        job for job in found if (same.deleted or job.deleted_at is None) and (same.asked_to_end or job.request is None)
    ]
