"""Which format a file has, by its content. The name decides only where the content leaves two readings, and says so."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.csv_reader import header_names, split_rows
from engine.data.readers.json_reader import lists_inside
from engine.data.readers.text_reader import text_options
from engine.data.records.bounds import LOOK_BYTES, check_columns
from engine.data.records.encodings import open_text
from engine.data.records.lines import Line, numbered_lines
from engine.data.records.record import show
from engine.data.schema.declared import is_known_name, plain_name
from engine.data.schema.layouts.turn_lists import is_bare_conversation

_MARKDOWN = ("md", "markdown", "mdown")
DELIMITERS = {",": "csv", "\t": "tsv", ";": "csv", "|": "csv"}
_LIST_STARTS = ("[{", "[[", '["', "[]", "[")  # a text may begin with a bracket too
_OBJECT_STARTS = ('{"', "{}", "{")
_LOOK_LINES = 60
_LOOK_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Format:
    """A format with what its reader needs, and the reason: sentence `detect.<code>`."""

    name: str  # "jsonl", "json", "csv", "tsv", "md", "txt", "xlsx", "parquet", "docx" or "pdf"
    code: str  # of the sentence
    params: dict[str, Any] = field(default_factory=dict)  # of the sentence
    options: dict[str, Any] = field(default_factory=dict)  # what the reader takes: "delimiter", "key", "unit" ...
    renamed: list[str] = field(default_factory=list)  # columns whose header was empty or repeated


def detect_text_format(path: Path, encoding: str, filename: str) -> Format:
    """The format of a text file.

    Raises:
        Fault: "data.file.blank", "data.json.no_list", "data.json.several_lists", "data.csv.header_only",
            "data.csv.bad_header".
    """
    lines = _first_lines(path, encoding)
    filled = [line for line in lines if line.text.strip()]
    if not filled:
        raise Fault("data.file.blank")
    first = filled[0].text.strip()
    if _is_jsonl(first, filled):
        objects = sum(_is_row(line) for line in filled)
        return Format("jsonl", "format.jsonl", {"found": objects, "lines": len(filled)})
    opening = _opening("".join(line.text for line in filled))
    if opening in _LIST_STARTS:
        return Format("json", "format.json_list")
    if opening in _OBJECT_STARTS:
        return _json_object(path, encoding)
    if _ending(filename) in _MARKDOWN:
        return Format("md", "format.md", options=text_options({}))
    return _delimited(lines, filename) or _plain(path, encoding)


def _ending(filename: str) -> str:
    return filename.rsplit(".", 1)[-1].lower() if "." in filename else ""


def _first_lines(path: Path, encoding: str) -> list[Line]:
    found: list[Line] = []
    size = filled = 0
    with open_text(path, encoding) as stream:
        for line in numbered_lines(stream):
            found.append(line)
            size += len(line.text)
            filled += bool(line.text.strip())
            if filled >= _LOOK_LINES or size > _LOOK_CHARACTERS:
                break
    return found


def _opening(text: str) -> str:
    """The first two characters that are not white space."""
    return "".join(islice((char for char in text if not char.isspace()), 2))


def _is_row(line: Line) -> bool:
    text = line.text.strip()
    return line.whole and (text[:1], text[-1:]) in (("{", "}"), ("[", "]"))


def _is_jsonl(first: str, lines: list[Line]) -> bool:
    """Objects, one a line: the first line is one, or at least half of the lines look like one."""
    if first.startswith("["):
        return len(lines) > 1 and sum(_is_conversation(line) for line in lines) * 2 > len(lines)
    value = _object(first)
    if value is not None:
        lists = any(isinstance(member, list) and not is_bare_conversation(member) for member in value.values())
        known = any(is_known_name(key) for key in value)
        return len(lines) > 1 or known or not lists
    return sum(_is_row(line) for line in lines) * 2 >= len(lines)


def _is_conversation(line: Line) -> bool:
    """Whether a line is a list of turns, or an object as other rows are."""
    text = line.text.strip()
    try:
        value = json.loads(text) if _is_row(line) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or is_bare_conversation(value)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text.rstrip(","))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _json_object(path: Path, encoding: str) -> Format:
    found = lists_inside(path, encoding)
    of_objects = [one for one in found if one.first == "{"] or found
    if not of_objects:
        raise Fault("data.json.no_list")
    if len(of_objects) > 1:
        raise Fault("data.json.several_lists", keys=show(", ".join(one.key for one in of_objects)))
    key = of_objects[0].key
    return Format("json", "format.json_member", {"key": show(key)}, {"key": key})


@dataclass(frozen=True)
class _Trial:
    delimiter: str
    header: list[str]
    rows: int
    share: float

    @property
    def known(self) -> bool:
        return any(is_known_name(name) for name in self.header)


def _delimited(lines: list[Line], filename: str) -> Format | None:
    """CSV or TSV where a delimiter gives columns; by its name a file of one column."""
    named = _ending(filename) in ("csv", "tsv", "tab")
    trials = [trial for delimiter in DELIMITERS if (trial := _try(lines, delimiter))]
    likely = [trial for trial in trials if trial.known or named or _looks_tabular(trial)]
    if likely:
        best = max(likely, key=lambda trial: (trial.known, trial.share, len(trial.header)))
        return _table(best, "format.delimited" if best.known or not named or best.share >= 0.9 else "format.by_name")
    if named:
        header = _header(lines, ",")
        if not header:
            raise Fault("data.csv.bad_header")
        return _table(_Trial(",", header, len(lines) - 1, 1.0), "format.one_column")
    return None


def _table(trial: _Trial, code: str) -> Format:
    if not trial.rows:
        raise Fault("data.csv.header_only", columns=show(", ".join(trial.header)))
    check_columns(len(trial.header))
    shown = {"\t": "⇥"}.get(trial.delimiter, trial.delimiter)
    params = {"delimiter": shown, "columns": len(trial.header), "share": round(100 * trial.share)}
    cells = [cell.strip() for cell in trial.header]
    renamed = [name for name, cell in zip(header_names(cells), cells, strict=True) if name != cell]
    return Format(DELIMITERS[trial.delimiter], code, params, {"delimiter": trial.delimiter}, renamed)


def _header(lines: Iterable[Line], delimiter: str) -> list[str]:
    cells = next(split_rows(iter(lines), delimiter), ([], []))[1]
    return cells if isinstance(cells, list) else []


def _try(lines: list[Line], delimiter: str) -> _Trial | None:
    """How well the first lines fit a delimiter: None where the header has no second column."""
    header = _header(lines, delimiter)
    if len(header) < 2:
        return None
    rows = [cells for _, cells in islice(split_rows(iter(lines), delimiter), 1, None)]
    widths = [len(cells) for cells in rows if isinstance(cells, list)]
    share = sum(width == len(header) for width in widths) / len(widths) if widths else 0.0
    return _Trial(delimiter, header, len(rows), share)


def _looks_tabular(trial: _Trial) -> bool:
    names = [plain_name(cell) for cell in trial.header]
    short = all(0 < len(name) <= 40 and name.count("_") < 5 and name[-1] not in ".!?。！？" for name in names)
    return short and len(set(names)) == len(names) and trial.rows >= 2 and trial.share >= 0.9


def _plain(path: Path, encoding: str) -> Format:
    unit = "paragraph" if _has_paragraphs(path, encoding) else "line"
    return Format("txt", f"format.txt_{unit}", options=text_options({"unit": unit}))


def _has_paragraphs(path: Path, encoding: str) -> bool:
    """Whether a blank line stands between two lines of the first megabytes of text."""
    blank = text = False
    seen = 0
    with open_text(path, encoding) as stream:
        for line in numbered_lines(stream):
            if (seen := seen + len(line.text)) > LOOK_BYTES:
                return False
            filled = bool(line.text.strip())
            if filled and blank and text:
                return True
            text, blank = text or filled, not filled
    return False
