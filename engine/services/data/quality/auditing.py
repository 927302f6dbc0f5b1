"""Audits of data sets: started, followed, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.audits.packing import unpack
from engine.data.quality import CHECKS, read_settings
from engine.jobs.kinds.audit import AUDIT
from engine.jobs.queue import enqueue, same_job
from engine.services.data.quality.audit_rows import shown_rows
from engine.services.data.versions.found_rows import payload
from engine.shapes.audits import AuditView, FoundRows, SeverityCounts
from storage.data_tables import Audit
from storage.job_tables import ACTIVE, FINAL, Job, JobStatus
from storage.queries import audits as queries
from storage.queries import datasets as dataset_queries
from storage.queries import jobs as job_queries
from storage.tables import Dataset

BY_ITSELF_ROWS = 20_000  # more rows are looked through when somebody asks for it
_MOST_OF_A_GROUP = 40  # rows of one group on one page


def _ready(s: Session, dataset_id: int) -> Dataset:
    row = dataset_queries.get(s, dataset_id)
    if row is None:
        raise NotFound(dataset=dataset_id)
    if row.content_hash is None:
        raise Fault("data.not_imported", name=row.name)
    return row


def start_audit(ctx: Context, dataset_id: int, settings: Mapping[str, Any] | None = None) -> int:
    """Queue the search through what the data set holds now; one that waits or runs with the same settings is taken, others end.

    Args:
        settings: {"off": [checks], "values": {check: values}}; those of the last audit where there are none.

    Raises:
        SpecError: with every fault of the settings, by "check.param".
        Fault: "data.not_imported".
    """
    with ctx.db.read() as s:
        _ready(s, dataset_id)
        kept = dict(settings) if settings is not None else queries.last_settings(s, dataset_id)
    read_settings(kept)
    with ctx.db.write() as s:
        row = _ready(s, dataset_id)
        wish = {"content": row.content_hash, "settings": kept}
        if (known := same_job(s, AUDIT, spec=wish, dataset_id=dataset_id)) is not None:
            return known
        for _audit, job in queries.unfinished(s, dataset_id):
            _end(s, job)
        return _queue(s, row, wish)


def _job(s: Session, audit: Audit) -> Job | None:
    return job_queries.get_job(s, audit.job_id) if audit.job_id is not None else None


def _end(s: Session, job: Job) -> None:
    """A search that is no longer wanted makes room."""
    if not job_queries.end_queued(s, job.id):
        job_queries.ask(s, job.id, "cancel")


def _queue(s: Session, row: Dataset, wish: dict[str, Any]) -> int:
    audit = queries.add(s, row.id, wish["content"], wish["settings"])
    audit.job_id = enqueue(s, AUDIT, name=row.name, spec=wish | {"audit": audit.id}, dataset_id=row.id)
    return audit.job_id


def stop_audit(ctx: Context, dataset_id: int) -> None:
    """End the search that waits or runs; what was found so far stays."""
    with ctx.db.write() as s:
        row = _ready(s, dataset_id)
        audit = queries.newest(s, dataset_id, row.content_hash or "")
        if audit is not None and (job := _job(s, audit)) is not None:
            _end(s, job)


def audit_of(ctx: Context, dataset_id: int) -> AuditView:
    """How far the newest search through the present content is, and what it found.

    Returns:
        {"state": "none", "waiting", "running", "done", "stopped" or "failed", "share" (0 to 1), "job", "error",
        "checks": {check: {"rows", "groups"}} of those that are through, "settings", "version", "rows", "by_itself",
        "finished_at"}.
    """
    with ctx.db.read() as s:
        row = _ready(s, dataset_id)
        rows = row.train_rows + row.val_rows + row.test_rows
        audit = queries.newest(s, dataset_id, row.content_hash or "")
        base = {"version": row.version, "rows": rows, "by_itself": rows <= BY_ITSELF_ROWS}
        if audit is None:
            kept = queries.last_settings(s, dataset_id)
            none = {"state": "none", "share": 0.0, "job": None, "error": None, "checks": {}, "settings": kept, "finished_at": None}  # fmt: skip
            return cast(AuditView, base | none)
        return cast(AuditView, base | _state(s, audit))


def _state(s: Session, audit: Audit) -> dict[str, Any]:
    job = _job(s, audit)
    if audit.finished_at is not None:
        state = "done"
    elif job is None or job.status in (JobStatus.CANCELLED, JobStatus.STOPPED, JobStatus.INTERRUPTED):
        state = "stopped"
    elif job.status in FINAL:
        state = "failed"
    else:
        state = "running" if job.status in ACTIVE else "waiting"
    share = (job.step or 0) / job.total_steps if job is not None and job.total_steps else 0.0
    return {
        "state": state,
        "share": 1.0 if state == "done" else share,
        "job": audit.job_id,
        "error": job.error if job is not None and state == "failed" else None,
        "checks": audit.summary,
        "settings": audit.settings,
        "finished_at": audit.finished_at,
    }


def findings(ctx: Context, dataset_id: int, check: str, offset: int = 0, limit: int = 10) -> FoundRows:
    """Some of what a check found, with the rows themselves; a group that has begun is shown to its end.

    Returns:
        {"next" (offset, None at the end), "rows": [{"id", "place", "group", "split", "line", "file", "detail", "parts"}]}; a part is
        {"role", "list", "pieces": [[text, kind or ""]]} ("name" too for a column or an argument of a call), and long stretches
        without anything found are left out.

    Raises:
        Fault: "data.audit.missing".
    """
    offset, limit = max(0, offset), max(1, min(limit, 50))
    page = list(islice(unpack(payload(ctx, dataset_id, check), offset), limit + _MOST_OF_A_GROUP + 1))
    shown = page[:limit]
    if shown and shown[-1].group is not None:
        shown += [one for one in page[limit : limit + _MOST_OF_A_GROUP] if one.group == shown[-1].group]
    more = len(page) > len(shown)
    return {"next": offset + len(shown) if more else None, "rows": shown_rows(ctx, dataset_id, shown)}


def marks(ctx: Context) -> dict[int, SeverityCounts]:
    """Of every data set whose present content was looked through whole: how many checks of each severity found something."""
    severity = {check.key: check.severity for check in CHECKS}
    with ctx.db.read() as s:
        audits = queries.finished_of_present(s)
    found: dict[int, SeverityCounts] = {}
    for audit in audits:
        counts = {"serious": 0, "look": 0, "hint": 0}
        for key, one in audit.summary.items():
            if one["rows"] and key in severity:
                counts[severity[key]] += 1
        found[audit.dataset_id] = cast(SeverityCounts, counts)
    return found
