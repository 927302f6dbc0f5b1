"""How one file is to be read, and the reasons, each as a sentence for the mapping screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.core.errors import Fault
from engine.data.detection.file_signatures import PACKED_KINDS, binary_format, check_no_page, page_by_name
from engine.data.detection.format import Format
from engine.data.detection.formats import detect_text_format
from engine.data.detection.table_notes import excel_notes, table_reason, taken_notes
from engine.data.readers.documents import DOCUMENTS, ENCODING, Documents
from engine.data.readers.excel_reader import survey
from engine.data.readers.json_reader import lists_inside
from engine.data.readers.parquet_reader import open_parquet, unusable_columns
from engine.data.readers.source_file import SourceFile
from engine.data.readers.tables.headers import FIRST_ROW, NO_HEADER
from engine.data.readers.tables.take import ARROW, TABLES
from engine.data.readers.tables.taken import chosen_table, table_layout
from engine.data.readers.text_reader import text_options
from engine.data.records.bounds import ReadingBudget
from engine.data.records.encodings import Encoding, detect_encoding, known_encoding
from engine.data.records.record import MAX_NAME, clip, show
from engine.data.splits.words import part_of_value

_MAX_SHEETS = 100
Note = dict[str, Any]


@dataclass(frozen=True)
class DetectedFile:
    """One file with the reasons for how it is read. `notes` are {"what", "value", "code", "params"}."""

    file: SourceFile  # ready to be read
    form: Format  # its format and why
    notes: list[Note]  # each a sentence `detect.<code>`


def note(what: str, value: Any, code: str, params: Mapping[str, Any]) -> Note:
    """One reason: sentence `detect.<code>` filled with `params`."""
    return {"what": what, "value": value, "code": code, "params": dict(params)}


def detect_file(
    file: SourceFile,
    encoding: str | None,
    options: Mapping[str, Any],
    documents: Documents,
    budget: ReadingBudget | None = None,
) -> DetectedFile:
    """Understand one file by its content. The text of a Word or PDF file is taken out unless that was done before.

    Raises:
        Fault: with a sentence that says why the file cannot be used and what to do.
    """
    if file.format in DOCUMENTS:
        return _document(file, options)
    if file.format in TABLES:
        return _taken(file, options, budget)
    kind = binary_format(file.path) or page_by_name(file.path, file.name)
    check_no_page(kind, file.name)
    if kind == "zip" or kind in PACKED_KINDS:
        raise Fault("data.archive.nested")
    if kind == "parquet":
        return _parquet(file)
    if kind == "xlsx":
        return _excel(file, options, budget)
    if kind:
        path, known = documents.take(file.path, kind)
        kind = str(known.pop("format", kind))
        if kind == ARROW:
            return _parquet(replace(file, path=path, format=ARROW), known["unusable"])
        if kind in TABLES:
            return _taken(SourceFile(path, file.name, kind, None, known), options, budget)
        return _document(SourceFile(path, file.name, kind, ENCODING, text_options({}) | known), options)
    return _text(file, encoding, options)


def _text(file: SourceFile, encoding: str | None, options: Mapping[str, Any]) -> DetectedFile:
    chosen = _chosen(file, encoding)
    form = detect_text_format(file.path, chosen.name, file.name)
    notes = [
        note("encoding", chosen.name, chosen.code, chosen.params),
        *other_notes(chosen),
        note("format", form.name, form.code, form.params),
        *(note("format", form.name, code, params) for code, params in form.remarks),
    ]
    return DetectedFile(
        SourceFile(file.path, file.name, form.name, chosen.name, form.options).chosen(options), form, notes
    )


def other_notes(found: Encoding) -> list[Note]:
    """What the file would be in the other encodings that it may have."""
    return [
        note("encoding", name, "encoding.other", {"encoding": name, "line": clip(line)}) for name, line in found.others
    ]


def part_lists(file: SourceFile, encoding: str | None) -> list[DetectedFile]:
    """The lists of a JSON object as files of their own, where the names of all of them mean parts of a data set; else none."""
    chosen = _chosen(file, encoding)
    lists = [one for one in lists_inside(file.path, chosen.name) if one.first == "{"]
    if not all(part_of_value(one.key) for one in lists):
        return []
    known = file.options.get("key")  # one of them that was told before
    found = []
    for one in lists:
        if known in (None, one.key):
            form = Format("json", "format.json_member", {"key": show(one.key)}, {"key": one.key})
            name = file.name if known else f"{file.name}/{one.key}"
            notes = [
                note("encoding", chosen.name, chosen.code, chosen.params),
                note("format", "json", form.code, form.params),
            ]
            found.append(DetectedFile(SourceFile(file.path, name, "json", chosen.name, form.options), form, notes))
    return found


def _chosen(file: SourceFile, encoding: str | None) -> Encoding:
    if not encoding:
        return detect_encoding(file.path)
    name = known_encoding(encoding)
    return Encoding(name, "encoding.chosen", {"encoding": name})


def _parquet(file: SourceFile, unusable: Mapping[str, str] | None = None) -> DetectedFile:
    opened = open_parquet(file.path)
    kind = ARROW if file.format == ARROW else "parquet"
    form = Format(kind, f"format.{kind}", {"rows": opened.metadata.num_rows})
    notes = [note("format", kind, form.code, form.params)]
    for column, type_ in (*unusable_columns(opened).items(), *(unusable or {}).items()):
        shown = clip(column, MAX_NAME)
        notes.append(note("columns", shown, "columns.unusable", {"column": shown, "type": type_}))
    return DetectedFile(replace(file, format=kind), form, notes)


def _document(file: SourceFile, options: Mapping[str, Any]) -> DetectedFile:
    chosen = file.chosen(options)
    form = Format(file.format, f"format.{file.format}", {"pages": file.options.get("pages", 0)})
    notes = [note("format", file.format, form.code, form.params)]
    if lost := file.options.get("lost"):
        pages = [str(page) for page, _code, _params in lost]
        shown = ", ".join(pages[:20]) + (" …" if len(pages) > 20 else "")
        notes.append(note("format", file.format, "format.pages_lost", {"pages": shown, "count": len(pages)}))
    return DetectedFile(chosen, form, notes)


def _excel(file: SourceFile, options: Mapping[str, Any], budget: ReadingBudget | None) -> DetectedFile:
    header = options.get("header") != NO_HEADER
    found = survey(file.path, options.get("sheet"), budget, header=header)
    known = {"sheet": found.sheet, "sheets": found.sheets[:_MAX_SHEETS], "header": FIRST_ROW if header else NO_HEADER}
    form = Format("xlsx", *table_reason("xlsx", found.sheet, found.layout), renamed=found.layout.renamed)
    notes = [note("format", "xlsx", code, params) for code, params in ((form.code, form.params), *excel_notes(found))]
    return DetectedFile(SourceFile(file.path, file.name, "xlsx", None, known), form, notes)


def _taken(file: SourceFile, options: Mapping[str, Any], budget: ReadingBudget | None) -> DetectedFile:
    header = {} if file.options.get("named") else {"header": FIRST_ROW}
    known = file.options | {"sheet": "", "sheets": [one["name"] for one in file.options["tables"]], **header}
    chosen = replace(file, options=known).chosen(options)
    table = chosen_table(chosen.options)
    chosen = replace(chosen, options=chosen.options | {"sheet": table["name"]})
    layout = table_layout(chosen.path, chosen.options, budget or ReadingBudget())
    reason = table_reason(file.format, table["name"], layout)
    form = Format(file.format, *reason, renamed=layout.renamed)
    notes = [
        note("format", file.format, code, params) for code, params in (reason, *taken_notes(chosen.options, layout))
    ]
    return DetectedFile(chosen, form, notes)
