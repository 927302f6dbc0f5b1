"""Which format a file has, by its content. The name decides only where the content leaves two readings, and says so."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.detection.delimited import delimited
from engine.data.detection.format import Format
from engine.data.detection.named_data import check_first_object, check_not_data, check_not_json
from engine.data.readers.json_reader import lists_inside
from engine.data.readers.text_reader import text_options
from engine.data.records.bounds import LOOK_BYTES
from engine.data.records.encodings import open_text
from engine.data.records.json_stream import JsonScanner
from engine.data.records.json_tolerant import behind_comments, is_comment, opens_comment, tidied
from engine.data.records.lines import Line, numbered_lines
from engine.data.records.record import show
from engine.data.schema.declared import is_known_name
from engine.data.schema.filled_templates.declared import begins_with_a_mark
from engine.data.schema.layouts.turn_lists import is_bare_conversation

_MARKDOWN = ("md", "markdown", "mdown")
_LIST_STARTS = ("[{", "[[", '["', "[]", "[")  # a text may begin with a bracket too
_ODD_FIRST = re.compile(r"\[\s*(?:null|true|false)\s*,")
_OBJECT_STARTS = ('{"', "{}", "{")
_BRACKETS = "[{/"  # that JSON, or a comment before it, begins with
_LOOK_LINES = 60
_LOOK_CHARACTERS = 2_000_000


def detect_text_format(path: Path, encoding: str, filename: str) -> Format:
    """The format of a text file.

    Raises:
        Fault: "data.file.blank", "data.file.no_such", "data.json.unreadable", "data.json.no_list", "data.json.several_lists", "data.csv.header_only",
            "data.csv.bad_header".
    """
    lines = _first_lines(path, encoding)
    filled = [line for line in lines if line.text.strip()]
    if not filled:
        raise Fault("data.file.blank")
    text = "".join(line.text for line in filled)
    opening = _opening(text)
    if opening in _OBJECT_STARTS and _are_several(text, filled):
        return Format("json", "format.json_several", options={"several": True})
    rows = [line for line in filled if not is_comment(line.text.strip())] or filled
    if _is_jsonl(rows[0].text.strip(), rows):
        objects = sum(_is_row(line) for line in rows)
        return Format("jsonl", "format.jsonl", {"found": objects, "lines": len(rows)})
    if opening in _LIST_STARTS or _ODD_FIRST.match(behind_comments(text)):
        return Format("json", "format.json_list")
    if opening in _OBJECT_STARTS:
        return _json_object(path, encoding, text)
    if _ending(filename) in _MARKDOWN:
        return Format("md", "format.md", options=text_options({}))
    marked = begins_with_a_mark(filled[0].text)  # the bars in it part no columns
    table = None if marked else delimited(lines, path, encoding, _ending(filename))
    if table is None or filled[0].text.strip()[0] in _BRACKETS:
        check_not_json(filename, filled)
    if table is None:
        check_not_data(filename)
    return table or _plain(path, encoding)


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
    """The first two characters that are neither white space nor in a comment."""
    first = behind_comments(text)
    return first[:1] + behind_comments(first[1:])[:1]


def _are_several(text: str, lines: list[Line]) -> bool:
    """Whether objects stand one after another that are not one a line: over several lines, or two on the first one."""
    scanner = JsonScanner(io.StringIO(behind_comments(text)), alone=True)
    first = scanner.value()
    if _object(first.text) is None:
        return False
    if scanner.peek() == ",":
        scanner.take()
    if scanner.peek() != "{":
        return False
    return "\n" in first.text or scanner.line == first.line or any(opens_comment(line.text) for line in lines)


def _is_row(line: Line) -> bool:
    text = line.text.strip()
    return line.whole and text.removesuffix(",")[-1:] in {"{": "}", "[": "]"}.get(text[:1], "-")


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
        value = json.loads(tidied(text.rstrip(",")))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _json_object(path: Path, encoding: str, text: str) -> Format:
    found = lists_inside(path, encoding)
    of_objects = [one for one in found if one.first == "{"] or found
    if not of_objects:
        check_first_object(text)
        raise Fault("data.json.no_list")
    if len(of_objects) > 1:
        raise Fault("data.json.several_lists", keys=show(", ".join(one.key for one in of_objects)))
    key = of_objects[0].key
    return Format("json", "format.json_member", {"key": show(key)}, {"key": key})


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
