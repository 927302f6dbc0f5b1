"""What the pages see of a data set, and how its row is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.data.records.encodings import ENCODINGS
from engine.data.schema.declared import shapes_view
from engine.data.schema.guess import mappings_by_name
from engine.jobs.kinds.import_data import IMPORT_DATA
from engine.services.data.sources import reading_of
from engine.shapes.data import DatasetBrief, DatasetView, ImportStateView, RowShape
from storage.job_tables import FINAL, RESUMABLE, Job
from storage.queries import datasets as queries
from storage.queries import jobs, rejected, versions
from storage.tables import Dataset

_PLAIN = (
    "id", "name", "status", "source_name", "format", "encoding", "shape", "kind", "columns", "mapping", "templates",
    "options", "accepted", "rejected", "train_rows", "val_rows", "test_rows", "seed", "val_fraction", "stats",
    "content_hash", "created_at", "sample_key", "version",
)  # fmt: skip
_BADGES = {
    "chat": "chat",
    "preference": "pairs",
    "kto": "thumbs",
    "ranking": "ranking",
    "prompt": "prompts",
    "text": "text",
}
_SPOKEN, _MOST_SPOKEN = 0.15, 3  # share of the rows from which on a language is named


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


def view_of(session: Session, row: Dataset) -> DatasetView:
    """Everything about one data set except its rows."""
    return {
        **views_of(session, [row])[0],
        "detection": row.detection.get("notes", []),
        "shapes": cast(list[RowShape], shapes_view()),
        "by_name": mappings_by_name(row.columns or ()),
        "encodings": list(ENCODINGS) if row.encoding else [],
        "reading": reading_of(row),
        "arrange": row.detection.get("arrange"),
        "ways": row.detection.get("ways", []),
        "plain_columns": row.detection.get("plain_columns") or row.columns or [],
        "tidy": row.detection.get("tidy", []),
        "repaired": rejected.counts(session, row.id)[1],
        "versions": versions.next_number(session, row.id) - 1,
        "splits": {
            "proposed": row.detection.get("splits"),
            "chosen": (row.detection.get("chosen") or {}).get("splits"),
            "files": [str(source["name"]) for source in row.sources or ()],
        },
    }


def views_of(session: Session, rows: Sequence[Dataset]) -> list[DatasetBrief]:
    """What lists show of data sets; what only the mapping needs is left out."""
    imports = import_views(session, [row.id for row in rows])
    shown = (
        {key: getattr(row, key) for key in _PLAIN}
        | {"import": imports.get(row.id), "badge": _badge(row), "spoken": _spoken(row)}
        for row in rows
    )
    return [cast(DatasetBrief, one) for one in shown]


def _badge(row: Dataset) -> str | None:
    """What kind of rows: "chat", "tools", "pairs", "thumbs", "ranking" or "text"; None while nobody knows."""
    uses_tools = bool(row.stats.get("with_tools") or row.mapping.get("tools"))
    return "tools" if row.kind == "chat" and uses_tools else _BADGES.get(row.kind or "")


def _spoken(row: Dataset) -> list[str]:
    """The languages of many of the rows, the most frequent first."""
    languages = row.stats.get("languages") or {}
    known = [key for key, rows in languages.items() if key != "other" and rows >= _SPOKEN * sum(languages.values())]
    return sorted(known, key=lambda key: -languages[key])[:_MOST_SPOKEN]


def import_views(session: Session, dataset_ids: Sequence[int]) -> dict[int, ImportStateView]:
    """Of each data set: the import that goes on, waits, or ended early, if there is one that anybody must know of."""
    found = queries.open_imports(session, dataset_ids, IMPORT_DATA.key)
    places = jobs.queue_places(session) if found else {}
    return {dataset: _import(job, places.get(job.id, (0, 0))[0]) for dataset, job in found.items()}


def _import(job: Job, waiting: int) -> ImportStateView:
    """`bytes` of `total` are read; `waiting` is the place in the queue, from 1."""
    columns = {key: getattr(job, key) for key in ("status", "phase", "seconds_left", "error")}
    told = columns | {
        "job": job.id,
        "bytes": job.step,
        "total": job.total_steps,
        "rows": job.result.get("rows", 0),
        "rejected": job.result.get("rejected", 0),
        "ended": job.status in FINAL,
        "can_resume": job.status in RESUMABLE and not _is_hopeless(job.error or {}),
        "waiting": waiting,
    }
    return cast(ImportStateView, told)


def _is_hopeless(error: dict[str, Any]) -> bool:
    """Whether the data themselves are to blame: the same import would end the same way."""
    code = str(error.get("code", ""))
    return code.startswith("data.") and code != "data.import.disk_full"
