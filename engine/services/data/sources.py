"""Where the rows of a data set come from: files, pasted text, a typed table, a hub. Each becomes a draft to be mapped."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import free_name
from engine.data.detection.detect_upload import DetectedUpload, detect_files
from engine.data.detection.doubtful import is_in_doubt
from engine.data.importing.given_files import looked_at, remove
from engine.data.importing.names import clean_name, data_set_name, display_name
from engine.data.importing.packed import plain_name
from engine.data.readers.source_file import CHOICES, READINGS, TEXTS, SourceFile
from engine.data.records.bounds import AT_ONCE_SECONDS, Later, ReadingBudget
from engine.data.records.encodings import known_encoding
from engine.data.schema.declared import shape_of
from engine.data.splits.cards import DataCard
from engine.data.splits.proposal import FilePlaces
from engine.shapes.data import ReadingView
from storage.queries import datasets as queries
from storage.queries.inputs import taken_dataset_names
from storage.tables import Dataset

_SHEET_SECONDS = 5 * AT_ONCE_SECONDS  # for another sheet or encoding, while somebody waits
MAX_CELLS = 200_000
_NAMED = 3  # files that are named where a data set says where it came from
ARRANGED = ("arrange", "ways", "plain_columns")  # what is known of how records become conversations


def add_upload(ctx: Context, path: Path, filename: str) -> int:
    """Take a file in as a draft and look at what it is; returns the data set's id. A refused file stays where it was.

    Raises:
        Fault: "data.file.too_large", or why it cannot be read.
    """
    return add_files(ctx, [(path, filename)])


def add_files(
    ctx: Context,
    files: Sequence[tuple[Path, str]],
    name: str = "",
    *,
    origin: str = "",
    notes: Sequence[dict[str, Any]] = (),
    cards: Sequence[DataCard] = (),
    budget: ReadingBudget | None = None,
) -> int:
    """Take files in as one draft; archives are unpacked. What cannot be read is named in its notes, the rest stays.

    On success nothing is left where it was; refused, everything is.

    Args:
        name: of the data set; empty: that of the first file.
        origin: where it came from, to be shown; empty: the files' names.
        notes: what is known besides, as in `DetectedUpload.notes`.
        cards: what is known of the files' parts.
        budget: how long it may take, and who is asked meanwhile whether to go on.

    Raises:
        Fault: "data.file.too_large", or the first file's when none can be read.
        Later: it takes longer than `budget` says.
    """
    with looked_at(ctx.settings, files, cards=cards, budget=budget, may_wait=True) as found:
        found = replace(found, notes=[*notes, *found.notes])
        names = [display_name(filename) for _path, filename in files]
        made = _store(ctx, found, clean_name(name, _title(names)), origin or _several(names))
    remove(path for path, _name in files)
    return made


def _title(names: Sequence[str]) -> str:
    first = data_set_name(plain_name(names[0]))
    return f"{first} +{len(names) - 1}" if len(names) > 1 else first


def _several(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _store(ctx: Context, found: DetectedUpload, name: str, origin: str) -> int:
    folder = ctx.settings.folder("uploads")
    places = {file.path: folder / uuid.uuid4().hex for file in found.files}
    moved = replace(found, files=tuple(replace(file, path=places[file.path]) for file in found.files))
    row = Dataset(
        name=name,
        status="draft",
        source_name=origin,
        upload_path=ctx.settings.relative(moved.files[0].path),
        **found_columns(ctx, moved),
    )
    try:  # a file that cannot be moved leaves no row, a full disk no stray file
        for path, target in places.items():
            shutil.move(path, target)
        with ctx.db.write() as session:
            row.name = free_name(row.name, taken_dataset_names(session))
            session.add(row)
            session.flush()
            return row.id
    except BaseException:
        for target in places.values():
            target.unlink(missing_ok=True)
        raise


def found_columns(ctx: Context, found: DetectedUpload) -> dict[str, Any]:
    """What was found, as the columns of a data set."""
    return {
        "format": found.format,
        "encoding": found.encoding,
        "shape": found.shape,
        "kind": shape_of(found.shape).kind if found.shape else None,
        "columns": found.columns,
        "mapping": found.mapping,
        "templates": found.templates,
        "detection": {
            "notes": found.notes,
            "splits": found.splits,
            **{key: getattr(found, key) for key in ARRANGED if getattr(found, key)},
        },
        "sources": [_stored(ctx, file) for file in found.files],
    }


def _stored(ctx: Context, file: SourceFile) -> dict[str, Any]:
    keys = ("name", "format", "encoding", "options")
    return {"path": ctx.settings.relative(file.path), **{key: getattr(file, key) for key in keys}}


def add_text(ctx: Context, text: str, name: str = "") -> int:
    """Take pasted text in as a draft: JSON, a table out of a spreadsheet, or running text.

    Raises:
        Fault: "data.file.empty" and others.
    """
    return _add_written(ctx, text, clean_name(name, "text"))


def add_table(ctx: Context, columns: Sequence[str], rows: Sequence[Sequence[str]], name: str = "") -> int:
    """Take a typed table in as a draft. Rows without any text are left out.

    Raises:
        Fault: "data.table.no_rows", "data.table.nameless", "data.table.doubled", "data.table.too_large".
    """
    names = [str(column).strip() for column in columns]
    for place, column in enumerate(names, 1):
        if not column:
            raise Fault("data.table.nameless", place=place)
        if column in names[: place - 1]:
            raise Fault("data.table.doubled", column=column[:200])
    if len(rows) * len(names) > MAX_CELLS:
        raise Fault("data.table.too_large", cells=len(rows) * len(names), limit=MAX_CELLS)
    filled = [[str(cell) for cell in row] for row in rows if any(str(cell).strip() for cell in row)]
    if not filled:
        raise Fault("data.table.no_rows")
    lines = (json.dumps(dict(zip(names, row, strict=False)), ensure_ascii=False) for row in filled)
    return _add_written(ctx, "".join(line + "\n" for line in lines), clean_name(name, "table"))


def _add_written(ctx: Context, text: str, name: str) -> int:
    path = ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.part"
    try:
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
        return add_upload(ctx, path, name)
    finally:
        path.unlink(missing_ok=True)


def choose_reading(ctx: Context, dataset_id: int, wanted: Mapping[str, Any]) -> None:
    """Read a draft's files in another way; their columns and their guesses are found anew.

    Args:
        wanted: those of READINGS that change, each a text.

    Raises:
        NotFound: there is no such draft.
        Fault: "data.reading.unknown"; why the files cannot be read like this; "data.bounds.slow".
    """
    for key, value in wanted.items():
        if key not in READINGS or not isinstance(value, str):
            raise Fault("data.reading.unknown", value=str(key)[:40])
    _read_anew(ctx, dataset_id, options=wanted)


def choose_encoding(ctx: Context, dataset_id: int, encoding: str) -> None:
    """Read a draft's files in another encoding; its columns and their guesses are found anew.

    Raises:
        NotFound: there is no such draft.
        Fault: why they cannot be read in that one; "data.encoding.unknown", "data.bounds.slow".
    """
    _read_anew(ctx, dataset_id, encoding=known_encoding(encoding))


def _read_anew(
    ctx: Context, dataset_id: int, encoding: str | None = None, options: Mapping[str, Any] | None = None
) -> None:
    with ctx.db.read() as session:
        row = queries.get(session, dataset_id)
        if row is None or row.status != "draft":
            raise NotFound(dataset=dataset_id)
    options = row.options | dict(options or {})
    with at_once():
        budget = ReadingBudget(_SHEET_SECONDS)
        encoding = encoding or row.encoding
        read = detect_files(files_of(ctx, row), encoding, options, budget=budget, places=_known_places(row))
    found = found_columns(ctx, read)
    with ctx.db.write() as session:
        draft = session.get_one(Dataset, dataset_id)
        for key, value in (found | {"options": options}).items():
            setattr(draft, key, value)


def source_of(
    ctx: Context,
    row: Dataset,
    encoding: str | None = None,
    options: Mapping[str, Any] | None = None,
    budget: ReadingBudget | None = None,
) -> DetectedUpload:
    """The files of a data set as they are read. They are looked at anew only when another encoding or option is chosen.

    Raises:
        Fault: "data.file.upload_gone", or why they cannot be read like this.
        Later: it takes longer than `budget` says.
    """
    files = files_of(ctx, row)
    for file in files:
        if not file.path.is_file():
            raise Fault("data.file.upload_gone", name=file.name)
    wanted = {key: value for key, value in (options or {}).items() if value is not None}
    if not row.sources:
        files = [SourceFile(files[0].path, files[0].name, "")]
        chosen_encoding = (encoding or row.encoding) if row.encoding else None
        return replace(detect_files(files, chosen_encoding, wanted, budget=budget), splits=None)
    if is_in_doubt(files):
        return detect_files(files, encoding or row.encoding, wanted, budget=budget, places=_known_places(row))
    current = reading_of(row) | row.options
    arranged = {key: row.detection[key] for key in ARRANGED if key in row.detection}
    same = encoding in (None, row.encoding) and all(current.get(key) == value for key, value in wanted.items())
    if same:
        chosen = tuple(file.chosen(row.options) for file in files)
        splits = row.detection.get("splits")
        return DetectedUpload(
            chosen,
            row.columns,
            row.shape,
            row.mapping,
            notes=row.detection.get("notes", []),
            templates=row.templates,
            splits=splits,
            **arranged,
        )
    if encoding in (None, row.encoding) and all(file.format in TEXTS for file in files):
        chosen = tuple(file.chosen(row.options | wanted) for file in files)
        splits = row.detection.get("splits")
        notes = row.detection.get("notes", [])
        return DetectedUpload(chosen, row.columns, row.shape, row.mapping, notes, splits=splits, **arranged)
    encoding = encoding or row.encoding if row.encoding else None
    found = detect_files(files, encoding, row.options | wanted, budget=budget, places=_known_places(row))
    return found if "splits" in row.detection else replace(found, splits=None)


def _known_places(row: Dataset) -> FilePlaces:
    """What was found of the files' parts when they were taken in."""
    known = row.detection.get("splits") or {}
    return FilePlaces(parts=known.get("files") or {}, cards=[DataCard(ours=known.get("draw") is False)])


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """What is in it has to be done while somebody waits. Raises Fault("data.bounds.slow") where it takes longer."""
    try:
        yield
    except Later:
        raise Fault("data.bounds.slow", seconds=round(_SHEET_SECONDS)) from None


def reading_of(row: Dataset) -> ReadingView:
    """How the files are read, as far as a person may choose it: those of CHOICES, and "sheets"."""
    keys = (*CHOICES, "sheets")
    read = {key: one["options"][key] for one in reversed(row.sources or []) for key in keys if key in one["options"]}
    return cast(ReadingView, read)


def files_of(ctx: Context, row: Dataset) -> list[SourceFile]:
    """The files of a data set; data sets of before have one, whose reading is found anew."""
    stored = row.sources or [{"path": row.upload_path, "name": row.source_name, "format": row.format or ""}]
    return [
        SourceFile(
            ctx.settings.absolute(one["path"]),
            one["name"],
            one["format"],
            one.get("encoding"),
            one.get("options") or {},
        )
        for one in stored
    ]
