"""What an upload is: encoding, format, columns, shape, each with the reason, so that nothing is guessed silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.detection.detect_arrangement import arrangement_changes
from engine.data.detection.detect_file import DetectedFile, Note, detect_file, note, part_lists
from engine.data.readers.documents import DOCUMENTS, Documents
from engine.data.readers.source_file import TEXTS, SourceFile
from engine.data.records.bounds import LOOK_BYTES, ReadingBudget
from engine.data.records.record import MAX_NAME, Record, Rejected, clip, show
from engine.data.schema.guess import guess_shape
from engine.data.splits.proposal import FilePlaces, propose, unsaid_beside

_LOOK_ROWS = 1_000  # of one file; fewer of each where there are many
_LEAST_ROWS = 5
_MAX_COLUMNS = 200
_MAX_NAMED = 20  # files named one by one


@dataclass(frozen=True)
class DetectedUpload:
    """An upload as it was understood. `notes` are {"what", "value", "code", "params"} with sentences `detect.<code>`."""

    files: tuple[SourceFile, ...]  # in order, each ready to be read
    columns: list[str] = field(default_factory=list)  # names in the first rows, in order of appearance; 200 at most
    shape: str | None = None  # key of a `Shape`; None where none fits
    mapping: dict[str, str] = field(default_factory=dict)  # field of the shape -> column
    notes: list[Note] = field(default_factory=list)  # why each thing is read as it is
    templates: dict[str, list[str]] = field(default_factory=dict)  # field -> wordings made of several columns, as texts
    arrange: dict[str, Any] | None = (
        None  # how records become conversations, as `Arrangement` has it; None: each by itself
    )
    ways: list[dict[str, Any]] = field(default_factory=list)  # every such way that fits, as `Proposal` has it
    plain_columns: list[str] = field(
        default_factory=list
    )  # names that the records have by themselves; empty: as `columns`
    splits: dict[str, Any] | None = None  # the parts that the data bring, as `SplitPlan.as_dict`; None: nothing to keep

    @property
    def format(self) -> str:
        """The format of all files; several are joined: "csv, xlsx"."""
        return ", ".join(sorted({file.format for file in self.files}))

    @property
    def encoding(self) -> str | None:
        """The encoding that all text files share; None where there is none, or several."""
        found = {file.encoding for file in self.files if file.encoding}
        return found.pop() if len(found) == 1 else None

    @property
    def options(self) -> dict[str, Any]:
        """How the files are read: of all options, those of the first file that has them."""
        return {key: value for file in reversed(self.files) for key, value in file.options.items()}

    def records(self, budget: ReadingBudget | None = None) -> Iterator[Record | Rejected]:
        """Every row of every file, in order; where there are several, each row says which one it is of."""
        budget = budget or ReadingBudget()
        if len(self.files) == 1:
            return self.files[0].records(budget)
        return (replace(item, file=file.name) for file in self.files for item in file.records(budget))


def detect_upload(
    path: Path, filename: str, encoding: str | None = None, options: Mapping[str, Any] | None = None
) -> DetectedUpload:
    """Understand a file by its content; `encoding` and `options` override what its bytes say.

    Raises:
        Fault: with a sentence that says why the file cannot be used and what to do.
    """
    return detect_files([SourceFile(path, filename, "")], encoding, options)


def detect_files(
    files: Sequence[SourceFile],
    encoding: str | None = None,
    options: Mapping[str, Any] | None = None,
    refused: Sequence[tuple[str, Fault]] = (),
    budget: ReadingBudget | None = None,
    places: FilePlaces | None = None,
) -> DetectedUpload:
    """Understand several files as one data set. A file that cannot be read is named in the notes, the others stay.

    Args:
        files: with an empty format where nobody has looked at them yet.
        refused: names of files that were left out before, and why.
        budget: how long it may take.
        places: where the files lay, by which their parts are told.

    Raises:
        Fault: the first one, when no file can be read.
        Later: it takes longer than `budget` says.
    """
    found: list[DetectedFile] = []
    faults = list(refused)
    budget = budget or ReadingBudget()
    with Documents(budget=budget) as documents:
        for file in files:
            budget.heed()
            try:
                for one in _detected(file, encoding, options or {}, documents, budget):
                    _need_a_row(one.file, budget)
                    found.append(one)
            except Fault as fault:
                faults.append((file.name, fault))
    if not found:
        raise faults[0][1]
    source = DetectedUpload(tuple(one.file for one in found), notes=_file_notes(found, faults))
    return _with_shape(source, found, budget, places or FilePlaces())


def _detected(
    file: SourceFile, encoding: str | None, options: Mapping[str, Any], documents: Documents, budget: ReadingBudget
) -> list[DetectedFile]:
    """The file, or the lists in it where each holds a part: {"train": [...], "test": [...]}. Raises as `detect_file`."""
    try:
        return [detect_file(file, encoding, options, documents, budget)]
    except Fault as fault:
        if fault.code == "data.json.several_lists" and (lists := part_lists(file, encoding)):
            return lists
        raise


def refused_note(name: str, fault: Fault) -> Note:
    """A file that is left out, and why: its fault stands in the params, for the page to say in the reader's language."""
    return note(
        "files", clip(name, MAX_NAME), "files.refused", {"file": clip(name, MAX_NAME), "fault": fault.as_dict()}
    )


def _need_a_row(file: SourceFile, budget: ReadingBudget) -> None:
    """Raises Fault when the first rows hold none that can be read. A document has text, or it would have no file."""
    if file.format in DOCUMENTS:
        return
    looked = list(islice(_until_a_record(file.records(budget)), _LOOK_ROWS))
    if not any(isinstance(item, Record) for item in looked):
        raise _no_rows(looked)


def _until_a_record(items: Iterator[Record | Rejected]) -> Iterator[Record | Rejected]:
    for item in items:
        yield item
        if isinstance(item, Record):
            return


def _no_rows(looked: list[Record | Rejected]) -> Fault:
    first = looked[0] if looked else None
    if isinstance(first, Rejected):
        reason = Text(f"error.{first.code}").filled(**first.params).as_dict()
        return Fault("data.file.no_good_rows", rows=len(looked), line=first.line or first.row or 1, reason=reason)
    return Fault("data.file.no_rows")


def _file_notes(found: list[DetectedFile], faults: list[tuple[str, Fault]]) -> list[Note]:
    """What was found in each file: alone in full; of several, each in a sentence and every other reason once."""
    notes: list[Note] = []
    if len(found) + len(faults) > 1:
        notes.append(note("files", len(found), "files.count", {"count": len(found)}))
        for one in found[:_MAX_NAMED]:
            params = {
                "file": clip(one.file.name, MAX_NAME),
                "format": one.file.format.upper(),
                "encoding": one.file.encoding or "–",
            }
            notes.append(note("files", params["file"], "files.one", params))
    notes += [refused_note(name, fault) for name, fault in faults[: 5 * _MAX_NAMED]]
    for reason in (reason for one in found for reason in one.notes):
        if reason not in notes and sum(other["what"] == reason["what"] for other in notes) < _MAX_NAMED:
            notes.append(reason)
    return notes


def _with_shape(
    source: DetectedUpload, found: list[DetectedFile], budget: ReadingBudget, places: FilePlaces
) -> DetectedUpload:
    each = max(_LEAST_ROWS, _LOOK_ROWS // len(found))
    by_file = [list(_first(file, each, budget)) for file in source.files]
    looked = [item for several in by_file for item in several]
    rows = [item.values for item in looked if isinstance(item, Record)]
    names = dict.fromkeys(name for row in rows for name in row if clip(name, MAX_NAME) == name)
    columns = list(names)[:_MAX_COLUMNS]
    guess = guess_shape(columns, rows)
    if only_texts := all(one.file.format in TEXTS for one in found):
        guess.remarks = [("shape.text", {})]
    notes = [*source.notes, *([] if only_texts else _column_notes(columns, rows, found))]
    read = replace(
        source, columns=columns, shape=guess.shape, mapping=guess.mapping, templates=guess.templates, notes=notes
    )
    changes = arrangement_changes(columns, by_file, guess, is_text=only_texts, each=each)
    told = changes.pop("notes", None) or guess.notes()
    parts = propose([one.file.name for one in found], places, columns, rows, list(guess.mapping.values()))
    why = [note("splits", value, code, params) for code, value, params in parts.notes]
    notes = [*unsaid_beside([*notes, *told], parts.plan), *why]
    return replace(read, notes=notes, splits=None if parts.plan is None else parts.plan.as_dict(), **changes)


def _first(file: SourceFile, rows: int, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """So many rows, fewer where they are large."""
    size = 0
    for item in islice(file.records(budget), rows):
        yield item
        size += len(item.raw)
        if max(size, budget.size) > LOOK_BYTES:
            return


def _column_notes(columns: list[str], rows: list[dict[str, Any]], found: list[DetectedFile]) -> list[Note]:
    shown = clip(", ".join(columns), 300)
    notes = [note("columns", shown, "columns.found", {"columns": shown, "count": len(columns)})]
    if renamed := list(dict.fromkeys(name for one in found for name in one.form.renamed)):
        notes.append(note("columns", shown, "columns.renamed", {"columns": show(", ".join(renamed))}))
    mixed = sum(len(row) < len(columns) for row in rows)
    if mixed:
        notes.append(note("columns", shown, "columns.mixed", {"rows": mixed, "looked": len(rows)}))
    return notes
