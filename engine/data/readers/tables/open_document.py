"""Sheets of OpenDocument (.ods): each cell as the text that was shown when the file was saved. Read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.tables.spread import Spread, trimmed
from engine.data.readers.tables.taken import TableWriter
from engine.data.records.bounds import MAX_SHEET_ROWS, MAX_SHEETS, MAX_SPAN, OverBounds
from engine.data.records.zip_files import open_zip

_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{part}:1.0}}" for part in ("office", "table", "text", "style")
)
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_ERRORS = ("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!")
_VALUES = ("date-value", "time-value", "string-value", "boolean-value", "value")


def take_open_document(path: Path, writer: TableWriter) -> None:
    """Write every sheet that holds anything, hidden ones last.

    Raises:
        Fault: "data.office.encrypted", "data.office.none"; what lxml raises on damaged files.
    """
    with open_zip(path) as package:
        names = set(package.namelist())
        if "content.xml" not in names:
            raise Fault("data.office.none")
        manifest = package.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
        if b"encryption-data" in manifest:
            raise Fault("data.office.encrypted")
    for hidden in (False, True):
        with open_zip(path) as package, package.open("content.xml") as content:
            _Book(content, writer, hidden=hidden).take()


class _Book:
    """One pass over the content: either the sheets that are seen or the hidden ones."""

    def __init__(self, content: Any, writer: TableWriter, *, hidden: bool) -> None:
        from lxml.etree import iterparse

        tags = [_TABLE + name for name in ("table", "table-row")] + [_STYLE + "style"]
        self._events: Iterator[tuple[str, Any]] = iterparse(
            content, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True
        )
        self._writer, self._want_hidden = writer, hidden
        self._unseen: set[str] = set()  # styles of sheets that nobody sees
        self._sheets = 0

    def take(self) -> None:
        for event, node in self._events:
            if event == "end" and node.tag == _STYLE + "style":
                if any(part.get(_TABLE + "display") == "false" for part in node):
                    self._unseen.add(node.get(_STYLE + "name", ""))
            elif event == "start" and node.tag == _TABLE + "table":
                self._sheets += 1
                if self._sheets > MAX_SHEETS:
                    raise OverBounds("data.bounds.sheets", found=self._sheets, limit=MAX_SHEETS)
                self._sheet(node)

    def _sheet(self, table: Any) -> None:
        hidden = table.get(_TABLE + "style-name", "") in self._unseen
        facts: dict[str, Any] = {"hidden": hidden}
        rows = self._rows(facts)
        if hidden == self._want_hidden:
            self._writer.table(table.get(_TABLE + "name", ""), rows, facts)
        for _row in rows:
            pass

    def _rows(self, facts: dict[str, Any]) -> Iterator[tuple[int, list[str | None]]]:
        """The filled rows of the sheet at hand, up to its end."""
        number, spread = 0, Spread()
        for event, node in self._events:
            if event == "start":
                continue
            if node.tag == _TABLE + "table":
                break
            times = _times(node, "number-rows-repeated")
            cells, held = _cells(node, facts)
            cells = spread.filled(cells)
            for column, rows in held:
                spread.hold(column, rows, cells[column])
            trimmed(cells)
            unseen = node.get(_TABLE + "visibility") in ("collapse", "filter")
            _forget(node)
            if number + times > MAX_SHEET_ROWS and cells:
                raise ValueError("row numbers beyond any sheet's")
            if cells:
                facts["hidden_rows"] = facts.get("hidden_rows", 0) + (times if unseen else 0)
                yield from ((number + again, cells) for again in range(1, times + 1))
            number += times
        facts["merged"] = spread.areas


def _forget(node: Any) -> None:
    node.clear()
    while node.getprevious() is not None:
        del node.getparent()[0]


def _times(node: Any, attribute: str) -> int:
    return max(1, int(node.get(_TABLE + attribute, "1")))


def _cells(row: Any, facts: dict[str, Any]) -> tuple[list[str | None], list[tuple[int, int]]]:
    """The cells, and which of them (by their place) count for how many rows."""
    cells: list[str | None] = []
    held: list[tuple[int, int]] = []
    empty = 0  # cells that are only counted until one follows that holds something
    for node in row:
        if node.tag not in _CELLS:
            continue
        times, value = _times(node, "number-columns-repeated"), _value(node, facts)
        if value is None:
            empty += times
            continue
        if len(cells) + empty + times > MAX_SPAN:
            raise ValueError("cells beyond any sheet's columns")
        cells += [None] * empty + [value] * times
        empty = 0
        held.append((len(cells) - 1, _times(node, "number-rows-spanned")))
    return cells, held


def _value(cell: Any, facts: dict[str, Any]) -> str | None:
    """The text that is shown; where none was stored, the value itself."""
    lines = ["".join(_signs(line)) for line in cell if line.tag == _TEXT + "p"]
    text = "\n".join(lines)
    if cell.get(_CALC + "value-type") == "error" or (cell.get(_TABLE + "formula") and text.startswith(_ERRORS)):
        facts["errors"] = facts.get("errors", 0) + 1
        return None
    if not lines:
        text = next((cell.get(_OFFICE + name) for name in _VALUES if cell.get(_OFFICE + name)), "")
    return text or None


def _signs(node: Any) -> Iterator[str]:
    """The characters of a paragraph: runs of spaces and tabs are elements of their own."""
    yield node.text or ""
    for child in node:
        if child.tag == _TEXT + "s":
            yield " " * min(int(child.get(_TEXT + "c", "1")), MAX_SPAN)
        elif child.tag == _TEXT + "tab":
            yield "\t"
        elif child.tag == _TEXT + "line-break":
            yield "\n"
        elif child.tag != _OFFICE + "annotation" and isinstance(child.tag, str):
            yield from _signs(child)
        yield child.tail or ""
