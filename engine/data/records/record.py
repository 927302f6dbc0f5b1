"""What readers hand on: a record of the file, or a row that could not be used and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_RAW = 2_000  # characters of a rejected row that are kept to show
MAX_NAME = 200  # characters of a column's name
MAX_SHOWN = 60  # characters of a value inside a sentence


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file: `row` counts records, `line` counts file lines, both from 1.

    `file` is the file's name where the data set has several.
    """

    row: int  # from 1, over records
    line: int | None  # from 1, over file lines; None where the format has none
    values: dict[str, Any]  # column -> value as the file has it
    raw: str  # the row as text, to show it where it is rejected
    file: str | None = None  # name; None where the data set is one file


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that cannot be used: sentence `error.<code>` filled with `params`."""

    code: str  # of the sentence
    row: int | None = None  # as `Record.row`; None where it is not known
    line: int | None = None  # as `Record.line`
    column: str | None = None  # at fault; None where it is none alone
    params: dict[str, Any] = field(default_factory=dict)  # of the sentence
    raw: str = ""  # the row as text, as far as it is kept
    file: str | None = None  # name; None where the data set is one file

    def as_dict(self) -> dict[str, Any]:
        """The form for pages and for the table of rejected rows."""
        return {
            "line": self.line,
            "row": self.row,
            "column": None if self.column is None else clip(self.column, MAX_NAME),
            "code": self.code,
            "params": self.params,
            "raw": clip(self.raw),
            "file": self.file,
        }


class RowFault(Exception):
    """Raised while one row is read or normalised; becomes a `Rejected`."""

    def __init__(self, code: str, column: str | None = None, **params: Any) -> None:
        self.code, self.column, self.params = code, column, params
        super().__init__(code)

    def rejected(self, record: Record) -> Rejected:
        """The rejected row for the record at hand."""
        params = self.params | ({"column": clip(self.column, MAX_NAME)} if self.column is not None else {})
        return Rejected(self.code, record.row, record.line, self.column, params, record.raw, record.file)


def clip(text: str, limit: int = MAX_RAW) -> str:
    """Shortened, and free of what a database or a page cannot hold (NUL, half characters)."""
    short = text[:limit] + ("…" if len(text) > limit else "")
    return short.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def show(value: Any, limit: int = MAX_SHOWN) -> str:
    """A value as it would stand in JSON, short enough for a sentence."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return clip(text, limit)
