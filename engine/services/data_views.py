"""What the pages see of a data set, and how its row is found."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engine.context import Context
from engine.data.encodings import ENCODINGS
from engine.data.shapes import shapes_view
from engine.errors import NotFound
from engine.services.sources import reading_of
from storage.job_tables import FINAL, RESUMABLE, Job
from storage.queries import datasets as queries
from storage.queries import jobs
from storage.tables import Dataset

IMPORT_KIND = "import_data"
_PLAIN = (
    "id", "name", "status", "source_name", "format", "encoding", "shape", "kind", "columns", "mapping", "templates",
    "options", "accepted", "rejected", "train_rows", "val_rows", "test_rows", "seed", "val_fraction", "stats",
    "content_hash", "created_at", "sample_key", "version",
)  # fmt: skip


def get_dataset(session: Session, dataset_id: int) -> Dataset:
    """The row of a data set. Raises NotFound."""
    row = queries.get(session, dataset_id)
    if row is None:
        raise NotFound(dataset=dataset_id)
    return row


def load_dataset(ctx: Context, dataset_id: int) -> Dataset:
    """The row of a data set, to be read. Raises NotFound."""
    with ctx.db.read() as session:
        return get_dataset(session, dataset_id)


def view_of(session: Session, row: Dataset) -> dict[str, Any]:
    """Everything about one data set except its rows."""
    return {key: getattr(row, key) for key in _PLAIN} | {
        "detection": row.detection.get("notes", []),
        "shapes": shapes_view(),
        "encodings": list(ENCODINGS) if row.encoding else [],
        "reading": reading_of(row),
        "import": import_view(session, row.id),
    }


def import_view(session: Session, dataset_id: int) -> dict[str, Any] | None:
    """The import that is going on, waits, or ended without success; None when there is none that anybody must know of."""
    job = queries.last_import(session, dataset_id)
    if job is None or job.status == "succeeded":
        return None
    return _import(job) | {"waiting": jobs.queue_places(session).get(job.id, (0, 0))[0]}


def _import(job: Job) -> dict[str, Any]:
    """`bytes` of `total` are read; `waiting` is the place in the queue, from 1."""
    columns = {key: getattr(job, key) for key in ("status", "phase", "seconds_left", "error")}
    return columns | {
        "job": job.id,
        "bytes": job.step,
        "total": job.total_steps,
        "rows": job.result.get("rows", 0),
        "rejected": job.result.get("rejected", 0),
        "ended": job.status in FINAL,
        "can_resume": job.status in RESUMABLE and bool(job.result.get("kept")),
    }
