"""Tables of text: which separator they have, how quotes stand in their texts, and what of them is the header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.detection.format import Format, Reason
from engine.data.readers.csv_reader import split_rows
from engine.data.readers.tables.headers import FIRST_ROW, NO_HEADER, doubtful_head, header_names
from engine.data.readers.tables.quotes import BACKSLASH, DOUBLED, PLAIN, SPACED
from engine.data.records.bounds import check_columns
from engine.data.records.encodings import open_text
from engine.data.records.lines import Line, numbered_lines
from engine.data.records.record import show
from engine.data.schema.declared import is_known_name, plain_name

DELIMITERS = {",": "csv", "\t": "tsv", ";": "csv", "|": "csv"}
_NAMED = ("csv", "tsv", "tab")
_SAYS = re.compile(r'"?sep=(\\t|[^"\r\n])"?\s*$', re.I)
_SPACE = re.compile(r'[,;|\t] +"')
_IN_QUOTES = re.compile(r' ++"(?:[^"]++|"")*+"\s*+', re.S)
_LOOK_LINES = 5_000  # for quotes: one that is misunderstood may swallow a whole page
_LOOK_CHARACTERS = 2_000_000
_ENDS = ".!?。！？"


@dataclass(frozen=True)
class _Trial:
    delimiter: str
    header: list[str]
    rows: int
    share: float

    @property
    def known(self) -> bool:
        return any(is_known_name(name) for name in self.header)


def delimited(lines: list[Line], path: Path, encoding: str, ending: str) -> Format | None:
    """CSV or TSV where a delimiter gives columns; by the name's ending a file of one column.

    Raises:
        Fault: "data.csv.header_only", "data.csv.bad_header", "data.bounds.columns".
    """
    said, skip = _said(lines)
    lines, named = lines[skip:], ending in _NAMED
    trials = [trial for one in (said or DELIMITERS) if (trial := _try(lines, one))]
    likely = [trial for trial in trials if said or trial.known or named or _looks_tabular(trial)]
    if likely:
        best = max(likely, key=lambda trial: (trial.known, trial.share, len(trial.header)))
        sure = best.known or not named or best.share >= 0.9
        code = "format.sep_line" if said else "format.delimited" if sure else "format.by_name"
        bare = (
            not named and not said and doubtful_head(best.header)
        )  # rows out of a spreadsheet, without what stood above them
        return _table(best, code, _quoting(path, encoding, best, skip), skip, NO_HEADER if bare else FIRST_ROW)
    if named or said:
        header = _header(lines, ",")
        if not header:
            raise Fault("data.csv.bad_header")
        return _table(_Trial(",", header, len(lines) - 1, 1.0), "format.one_column", DOUBLED, skip)
    return None


def _said(lines: list[Line]) -> tuple[str, int]:
    """The separator that a first line `sep=;` names, and how many lines to pass over."""
    for place, line in enumerate(lines, 1):
        if line.text.strip():
            found = _SAYS.match(line.text)
            return (found[1].replace("\\t", "\t"), place) if found else ("", 0)
    return "", 0


def _table(trial: _Trial, code: str, quoting: str, skip: int, header: str = FIRST_ROW) -> Format:
    if not trial.rows:
        raise Fault("data.csv.header_only", columns=show(", ".join(trial.header)))
    check_columns(len(trial.header))
    shown = {"\t": "⇥"}.get(trial.delimiter, trial.delimiter)
    params = {"delimiter": shown, "columns": len(trial.header), "share": round(100 * trial.share)}
    cells = [cell.strip() for cell in trial.header]
    renamed = [name for name, cell in zip(header_names(cells), cells, strict=True) if name != cell]
    options: dict[str, Any] = {"delimiter": trial.delimiter, "quoting": quoting, "header": header}
    if skip:
        options["skip"] = skip
    kind = DELIMITERS.get(trial.delimiter, "csv")
    return Format(kind, code, params, options, renamed, list(_remarks(trial, quoting, header)))


def _remarks(trial: _Trial, quoting: str, header: str) -> Iterable[Reason]:
    if quoting != DOUBLED:
        yield f"format.quotes_{quoting}", {}
    if cell := doubtful_head(trial.header):
        yield f"format.header_{'doubtful' if header == FIRST_ROW else 'missing'}", {"cell": show(cell)}


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
    if trial.delimiter == "\t" and all(names) and trial.share == 1:
        return True
    short = all(0 < len(name) <= 40 and name.count("_") < 5 and name[-1] not in _ENDS for name in names)
    return short and len(set(names)) == len(names) and trial.rows >= 2 and trial.share >= 0.9


# ------------------------------------------------------------------ quotes


def _quoting(path: Path, encoding: str, trial: _Trial, skip: int) -> str:
    """How quotes stand in the texts, by what fits most rows of a larger sample."""
    lines = _sample(path, encoding, skip)
    text = "".join(line.text for line in lines)
    ways = [DOUBLED]
    if '\\"' in text:
        ways.append(BACKSLASH)
    if trial.delimiter == "\t" and '"' in text:
        ways.append(PLAIN)
    if _SPACE.search(text):
        ways.append(SPACED)
    if len(ways) == 1:
        return DOUBLED
    misfits = {way: _misfits(lines, trial, way) for way in ways}
    best = min(ways, key=lambda way: misfits[way])
    if SPACED in ways and misfits[SPACED] == misfits[best] and _spaced(lines, trial.delimiter):
        return SPACED
    if best == DOUBLED and PLAIN in ways and not misfits[PLAIN] and not _needs_quotes(lines):
        return PLAIN
    return best


def _spaced(lines: list[Line], delimiter: str) -> bool:
    """Whether cells are whole texts in quotes behind a space."""
    rows = (cells for _lines, cells in split_rows(iter(lines), delimiter) if isinstance(cells, list))
    return any(_IN_QUOTES.fullmatch(cell) for cells in rows for cell in cells)


def _sample(path: Path, encoding: str, skip: int) -> list[Line]:
    found: list[Line] = []
    size = 0
    with open_text(path, encoding) as stream:
        for line in islice(numbered_lines(stream), skip, skip + _LOOK_LINES):
            size += len(line.text)
            if size > _LOOK_CHARACTERS:
                break
            found.append(line)
    return found


def _misfits(lines: list[Line], trial: _Trial, way: str) -> int:
    """Rows that are malformed or of another width than the header."""
    rows = split_rows(iter(lines), trial.delimiter, way)
    return sum(not isinstance(cells, list) or len(cells) != len(trial.header) for _lines, cells in rows)


def _needs_quotes(lines: list[Line]) -> bool:
    """Whether quotes around cells are a table's own: they stand around a quote or around every cell of a column."""
    rows = [cells for _lines, cells in split_rows(iter(lines), "\t", PLAIN) if isinstance(cells, list)]
    quoted = [[len(cell) > 1 and cell[0] == '"' == cell[-1] for cell in cells] for cells in rows[1:]]
    doubled = any('""' in cell[1:-1] for cells in rows for cell in cells if cell[:1] == '"')
    return doubled or any(all(column) for column in zip(*quoted, strict=False))
