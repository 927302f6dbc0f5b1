"""Importing the files of a data set: at once where they are small, else as a job that can be followed, cancelled and resumed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.names import free_name
from engine.data.arrange.arrangement import arrangement_of
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.arranging import rearranged
from engine.data.importing.import_rows import Imported, Tell, converter, import_rows, split_plan
from engine.data.importing.names import clean_name
from engine.data.readers.declared_size import declared_size
from engine.data.readers.source_file import SourceFile
from engine.data.records.bounds import AT_ONCE_BYTES, AT_ONCE_ROWS, AT_ONCE_SECONDS, Later, ReadingBudget
from engine.data.records.record import show
from engine.data.rows.store import Stored, adopt, remove_rows
from engine.data.schema.declared import shape_of
from engine.data.schema.normalise.tidy import check_tidy
from engine.data.splits.plan import RANDOM
from engine.jobs.kinds import keys_of
from engine.jobs.kinds.import_data import IMPORT_DATA
from engine.jobs.queue import enqueue, same_job
from engine.services.data.leftovers import sweep_files
from engine.services.data.refusals import no_row
from engine.services.data.sources import files_of, found_columns, source_of
from engine.services.data.views import get_dataset, import_views, load_dataset, view_of
from engine.services.jobs import lifecycle as job_services
from engine.shapes.data import DatasetView, ImportStateView, JobStarted
from storage.data_tables import DatasetVersion
from storage.job_tables import FINAL, Job, JobStatus
from storage.queries import datasets as queries
from storage.queries import jobs as job_queries
from storage.queries import versions
from storage.queries.inputs import taken_dataset_names
from storage.tables import Dataset

_CHANGING = keys_of(lambda kind: kind.changes_rows)
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class ImportChoice:
    """How the files are to be read, as the mapping screen (or a job's spec) has it."""

    name: str = ""  # of the data set; "" keeps the present one
    shape: str | None = None  # key of a `Shape`
    mapping: Mapping[str, str] = field(default_factory=dict)  # field of the shape -> column
    val_fraction: float = 0.1  # share of the rows that is held out, 0 to 0.9
    seed: int = 42  # of the draw that splits the rows
    encoding: str | None = None  # of text files; None: as detected
    templates: Mapping[str, Sequence[str]] | None = None  # field -> wordings with {column} in them
    options: Mapping[str, Any] | None = None  # of the reader; None: as detected
    arrange: Mapping[str, Any] | None = (
        None  # how records become conversations, as `Arrangement` has it; None: as detected
    )
    tidy: Sequence[str] = field(default_factory=list)  # repairs of whole conversations, as `TIDIES` has them
    splits: Mapping[str, Any] | None = None  # where rows' parts come from, as `SplitPlan`; None: as detected

    def check(self) -> None:
        """Raises Fault: "data.val_fraction", "param.not_whole", "data.arrange.unknown", "data.tidy.unknown"."""
        arrangement_of(self.arrange)
        check_tidy(self.tidy)
        if not isinstance(self.val_fraction, (int, float)) or not 0 <= self.val_fraction <= 0.9:
            raise Fault("data.val_fraction", value=show(self.val_fraction))
        if not isinstance(self.seed, int):
            raise Fault("param.not_whole", value=show(self.seed))


def start_import(ctx: Context, dataset_id: int, choice: Mapping[str, Any]) -> DatasetView | JobStarted:
    """Import small files at once, larger ones by a job: the data set's view, or {"job": id}. The same wish twice is one job.

    Raises:
        Fault: as `import_dataset`; what is wrong with the mapping is said before a job begins.
    """
    known = {one.name for one in fields(ImportChoice)}
    wanted = ImportChoice(**{key: value for key, value in choice.items() if key in known})
    row = load_dataset(ctx, dataset_id)
    if _is_small(files_of(ctx, row)):
        with contextlib.suppress(Later):
            return import_dataset(ctx, dataset_id, **asdict(wanted), budget=ReadingBudget(AT_ONCE_SECONDS))
    wanted.check()
    with contextlib.suppress(Later):  # then the job says what is wrong
        budget = ReadingBudget(AT_ONCE_SECONDS)
        source = rearranged(source_of(ctx, row, wanted.encoding, wanted.options, budget), wanted.arrange, budget)
        converter(source, wanted.shape, wanted.mapping, wanted.templates, wanted.tidy, wanted.splits)
    spec = {"choice": asdict(wanted)}
    with ctx.db.write() as session:
        row = get_dataset(session, dataset_id)
        if (same := same_job(session, IMPORT_DATA, spec=spec, dataset_id=dataset_id)) is not None:
            return {"job": same}
        _refuse(row, versions.unfinished_job(session, dataset_id, _CHANGING))
        last = _last_import(session, dataset_id)
        if last is not None:
            last.deleted_at = last.finished_at
        made = enqueue(session, IMPORT_DATA, name=row.name, spec=spec, dataset_id=row.id)
    if last is not None:
        shutil.rmtree(work_folder(ctx, last.id), ignore_errors=True)
    return {"job": made}


def _is_small(files: Sequence[SourceFile]) -> bool:
    """Whether the files may be imported at once, by what they say of themselves."""
    sizes = [declared_size(file) for file in files if file.path.is_file()]
    return sum(size.bytes for size in sizes) <= AT_ONCE_BYTES and sum(size.rows for size in sizes) <= AT_ONCE_ROWS


def _refuse(row: Dataset, busy: Job | None) -> None:
    if busy is not None:
        raise Fault("data.version.busy", name=row.name)


def _last_import(session: Session, dataset_id: int) -> Job | None:
    """The newest job that imports (or imported) the data set."""
    return next(iter(job_queries.alike(session, IMPORT_DATA.key, limit=1, dataset_id=dataset_id)), None)


def work_folder(ctx: Context, job_id: int) -> Path:
    """Where the job of an import has its files while it is under way."""
    return ctx.settings.home / "imports" / str(job_id)


def import_dataset(
    ctx: Context,
    dataset_id: int,
    *,
    name: str,
    shape: str | None,
    mapping: Mapping[str, str],
    val_fraction: float = 0.1,
    seed: int = 42,
    encoding: str | None = None,
    templates: Mapping[str, Sequence[str]] | None = None,
    options: Mapping[str, Any] | None = None,
    arrange: Mapping[str, Any] | None = None,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
    budget: ReadingBudget | None = None,
) -> DatasetView:
    """Read all files of the data set under this mapping, here and now; returns the view. The rows are its next version.

    Raises:
        Later: it takes longer than `budget` says.
        Fault: "data.val_fraction", "param.not_whole", a fault of the mapping, "data.version.busy", "data.import.disk_full",
            or "data.import.none_accepted". Rows of an earlier import stay.
    """
    with ctx.db.read() as session:
        row = get_dataset(session, dataset_id)
        _refuse(row, versions.unfinished_job(session, dataset_id, _CHANGING))
    choice = ImportChoice(
        name, shape, mapping, val_fraction, seed, encoding, templates, options, arrange, list(tidy), splits
    )
    folder = ctx.settings.home / "imports" / uuid.uuid4().hex
    try:
        run_import(ctx, dataset_id, choice, folder, budget=budget)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with ctx.db.read() as session:
        return view_of(session, get_dataset(session, dataset_id))


def run_import(
    ctx: Context,
    dataset_id: int,
    choice: ImportChoice,
    folder: Path,
    *,
    tell: Tell = lambda _place, _rows, _rejected: None,
    lasting: bool = False,
    transaction: Transaction | None = None,
    budget: ReadingBudget | None = None,
    processes: int = 1,
) -> Imported:
    """Import with the help of `folder`, which the caller removes; `tell`, `lasting`, `budget` and `processes` as in `import_rows`.

    Args:
        transaction: in which the rows become the data set's.

    Raises:
        Fault: "data.import.none_accepted"; those of `ImportChoice.check` and `import_rows`.
        NotFound: there is no such data set.
    """
    choice.check()
    sweep_files(ctx)
    row = load_dataset(ctx, dataset_id)
    budget = budget or ReadingBudget()
    source = rearranged(source_of(ctx, row, choice.encoding, choice.options, budget), choice.arrange, budget)
    done = read_rows_of(source, choice, folder, tell=tell, lasting=lasting, budget=budget, processes=processes)
    _take_over(ctx, row, done, _columns(ctx, row, source, choice), transaction or ctx.db.write)
    if done.stored is None:
        raise no_row(source, choice.shape, choice.mapping, choice.templates, choice.tidy, done)
    return done


def read_rows_of(source: DetectedUpload, choice: ImportChoice, folder: Path, **options: Any) -> Imported:
    """Read the (rearranged) files as chosen; `options` are further ones of `import_rows`, which see for what is raised."""
    return import_rows(
        source,
        choice.shape,
        dict(choice.mapping),
        folder,
        val_fraction=choice.val_fraction,
        seed=choice.seed,
        templates=choice.templates,
        tidy=choice.tidy,
        splits=choice.splits,
        **options,
    )


def _take_over(ctx: Context, row: Dataset, done: Imported, columns: dict[str, Any], transaction: Transaction) -> None:
    """Put the files where they stay, and write them down; where that cannot be done, they are removed again."""
    stored = None if done.stored is None else adopt(done.stored, ctx.settings.folder("datasets"))
    rejected = None if done.rejected_path is None else ctx.settings.folder("rejected") / f"{uuid.uuid4().hex}.jsonl"
    if done.rejected_path is not None and rejected is not None:
        os.replace(done.rejected_path, rejected)
    moved = replace(done, stored=stored, rejected_path=rejected)
    left: Path | None = rejected
    try:
        with transaction() as session:
            before = _store(session, ctx, get_dataset(session, row.id), moved, columns)
        left = before
    except BaseException:
        if stored is not None:
            _forget(ctx, stored)
        raise
    finally:
        if left is not None:
            left.unlink(missing_ok=True)


def _forget(ctx: Context, stored: Stored) -> None:
    with ctx.db.read() as session:
        needed = versions.with_content(session, stored.content_hash) is not None
    if not needed:
        remove_rows(stored.path)


def _columns(ctx: Context, row: Dataset, source: DetectedUpload, choice: ImportChoice) -> dict[str, Any]:
    found = found_columns(ctx, source)
    plan = split_plan(source, choice.splits)
    chosen = {"splits": {"kind": RANDOM} if plan is None else plan.as_dict()}
    return found | {
        "detection": found["detection"] | {"tidy": list(choice.tidy), "chosen": chosen},
        "name": clean_name(choice.name, row.name),
        "status": "ready",
        "shape": choice.shape,
        "kind": shape_of(choice.shape).kind,
        "mapping": {key: column for key, column in choice.mapping.items() if column},
        "templates": {key: list(wordings) for key, wordings in (choice.templates or {}).items()},
        "options": {**row.options, **(choice.options or {})},
        "seed": choice.seed,
        "val_fraction": choice.val_fraction,
    }


def _store(session: Session, ctx: Context, row: Dataset, done: Imported, columns: dict[str, Any]) -> Path | None:
    """Point the data set at the new rows, which become its next version. Without any, a draft keeps the reasons.

    Returns:
        The file of rejected rows that nobody needs any more.
    """
    stored = done.stored
    if stored is None and row.status != "draft":
        return done.rejected_path
    queries.replace_rejected(session, row.id, done.kept)
    row.rejected = done.rejected
    before = ctx.settings.absolute(row.rejected_path) if row.rejected_path else None
    row.rejected_path = None if done.rejected_path is None else ctx.settings.relative(done.rejected_path)
    if stored is None:
        return before
    counts = {"train_rows": stored.train_rows, "val_rows": stored.val_rows, "test_rows": stored.test_rows}
    content = {
        "rows_path": ctx.settings.relative(stored.path),
        "content_hash": stored.content_hash,
        "stats": done.stats | {"rejected_kept": len(done.kept), "leaked": stored.leaked},
        **counts,
    }
    number = versions.next_number(session, row.id)
    session.add(DatasetVersion(dataset_id=row.id, number=number, operation="import", **content))
    columns["name"] = free_name(columns["name"], taken_dataset_names(session, beside=row.id))
    for key, value in (columns | content | {"version": number, "accepted": sum(counts.values())}).items():
        setattr(row, key, value)
    return before


def import_state(ctx: Context, dataset_id: int) -> ImportStateView | None:
    """How far the data set's import is; None once it succeeded, or where there is none. Raises NotFound."""
    with ctx.db.read() as session:
        get_dataset(session, dataset_id)
        return import_views(session, [dataset_id]).get(dataset_id)


def cancel_import(ctx: Context, dataset_id: int) -> None:
    """End the data set's import and forget it, with all that it has read. Does nothing where there is none."""
    with ctx.db.read() as session:
        job = _last_import(session, dataset_id)
    if job is None:
        return
    job_services.cancel_job(ctx, job.id)
    with ctx.db.write() as session:
        job = job_queries.get_job(session, job.id)
        if job is None or job.status not in FINAL:
            return  # its worker cleans up
        if job.status != JobStatus.SUCCEEDED:
            job.deleted_at = job.finished_at
    shutil.rmtree(work_folder(ctx, job.id), ignore_errors=True)


def resume_import(ctx: Context, dataset_id: int) -> None:
    """Go on with an import that ended early, from where it was. Does nothing where there is none. Raises Fault("job.not_resumable")."""
    with ctx.db.read() as session:
        get_dataset(session, dataset_id)
        job = _last_import(session, dataset_id)
    if job is not None:
        job_services.resume_job(ctx, job.id)
