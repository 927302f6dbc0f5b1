"""CSV read strictly: every value stays the text it is, a row of another width is named, quoted line ends are kept."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.cells import as_it_was, has_end_mark, row_text
from engine.data.readers.tables.headers import header_names, is_header_again, names_nothing, numbered_names
from engine.data.readers.tables.quotes import BACKSLASH, DOUBLED, csv_options, given_back, held_back
from engine.data.records.bounds import MAX_READ_TWICE, MAX_ROW, MAX_ROW_LINES, ReadingBudget, check_columns
from engine.data.records.encodings import is_damaged, open_text
from engine.data.records.lines import Line, numbered_lines
from engine.data.records.record import Record, Rejected


class _RowTooLong(Exception):
    pass


class _Lines:
    """Feeds lines to `csv` and remembers those of the row at hand, so that they can be given back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._source = iter(lines)
        self._back: deque[Line] = deque()
        self.taken: list[Line] = []
        self._size = 0
        self._read_twice = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._source)
        self.taken.append(line)
        self._size += len(line.text)
        if not line.whole or self._size > MAX_ROW or len(self.taken) > MAX_ROW_LINES:
            raise _RowTooLong
        return line.text

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.taken, self._size = [], 0

    def give_back_all_but_first(self) -> None:
        """After a row that runs over several lines and is malformed: read on at its second line, unless too much was read again."""
        if self._read_twice > MAX_READ_TWICE:
            return
        self._read_twice += self._size
        self._back.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]


def split_rows(
    lines: Iterable[Line], delimiter: str, quoting: str = DOUBLED
) -> Iterator[tuple[list[Line], list[str] | str]]:
    """Each row: its lines with its cells, or with the code of what is wrong. `quoting`: one of QUOTING."""
    if quoting == BACKSLASH:
        found = split_rows(held_back(lines), delimiter)
        yield from ((some, given_back(cells) if isinstance(cells, list) else cells) for some, cells in found)
        return
    csv.field_size_limit(MAX_ROW)
    feed = _Lines(lines)
    reader = csv.reader(feed, **csv_options(delimiter, quoting))
    while True:
        feed.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLong) as error:
            yield feed.taken[:1], _what_is_wrong(error, feed.taken)
            feed.give_back_all_but_first()
            continue
        if cells:
            yield feed.taken, cells


def _what_is_wrong(error: Exception, lines: list[Line]) -> str:
    if not lines[0].whole or len(lines[0].text) > MAX_ROW:
        return "data.row.too_long"
    unclosed = len(lines) > 1 or isinstance(error, _RowTooLong) or "unexpected end" in str(error)
    return "data.csv.open_quote" if unclosed else "data.csv.stray_quote"


def read_csv(
    path: Path, encoding: str, options: Mapping[str, Any], budget: ReadingBudget | None = None
) -> Iterator[Record | Rejected]:
    """Each row under the header; in a file whose formulas we disarmed, cells are what they were before.

    Args:
        options: "delimiter"; "quoting" of QUOTING; "header" ("none": the first row is data); "skip": lines before the table.
    """
    ours, delimiter = has_end_mark(path), options["delimiter"]
    with open_text(path, encoding) as stream:
        rows = split_rows(behind(numbered_lines(stream), options), delimiter, options.get("quoting", DOUBLED))
        heads: list[str] | None = None
        row = 0
        for lines, found in rows:
            cells, changed = _armed(found) if ours and isinstance(found, list) else (found, False)
            if heads is None:
                heads, names = _heads(cells, options)
                first = heads[0].strip().casefold() if len(heads) > 1 else None
                if not names_nothing(options):
                    continue
            row += 1
            if budget and isinstance(found, str):  # a malformed row may have cost as much as many good ones
                budget.rows(0, 0)
            raw = row_text(cells, delimiter) if changed else "".join(part.text for part in lines)
            if cells and cells[0].strip().casefold() == first and is_header_again(cells, heads):
                yield Rejected("data.row.header_again", row, lines[0].number, raw=raw)
                continue
            yield _record(lines, cells, names, row, raw)


def behind(lines: Iterator[Line], options: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of the table: those behind what only says how it is written."""
    return islice(lines, options.get("skip", 0), None)


def _heads(cells: list[str] | str, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The header's cells, none where there is no header; and the names of the columns."""
    width = len(cells) if isinstance(cells, list) else 1
    check_columns(width)
    if names_nothing(options):
        return [], numbered_names(width)
    return (cells, header_names(cells)) if isinstance(cells, list) else ([], ["#1"])


def _armed(cells: list[str]) -> tuple[list[str], bool]:
    before = [as_it_was(cell) for cell in cells]
    return before, before != cells


def _record(lines: list[Line], cells: list[str] | str, names: list[str], row: int, raw: str) -> Record | Rejected:
    line = lines[0].number
    if isinstance(cells, str):
        params = {"limit": MAX_ROW} if cells == "data.row.too_long" else {}
        return Rejected(cells, row, line, params=params, raw=raw)
    if len(cells) != len(names):
        params = {"expected": len(names), "found": len(cells)}
        return Rejected("data.csv.ragged", row, line, params=params, raw=raw)
    if is_damaged(raw):
        return Rejected("data.row.bad_bytes", row, _damaged_line(lines), params={}, raw=raw)
    return Record(row, line, dict(zip(names, cells, strict=True)), raw)


def _damaged_line(lines: list[Line]) -> int:
    return next(line.number for line in lines if is_damaged(line.text))
