"""Wordings made of columns: "Translate {en} into {zh}". {{ and }} stand for the braces themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from engine.core.errors import Fault
from engine.data.records.record import RowFault, clip, show
from engine.data.rows.split import fingerprint

MAX_WORDINGS = 20
MAX_CHARACTERS = 20_000


@dataclass(frozen=True)
class Wording:
    """A wording taken apart: texts as they stand, and the columns between them. `parts` are (text, column or None)."""

    parts: tuple[tuple[str, str | None], ...]  # in order; the last column is None

    @property
    def columns(self) -> list[str]:
        """The columns that it names, each once."""
        return list(dict.fromkeys(column for _, column in self.parts if column is not None))


def read_wording(text: str, columns: Sequence[str], field: str) -> Wording:
    """Take a wording apart.

    Raises:
        Fault: "data.wording.unclosed", "data.wording.stray", "data.wording.unknown", "data.wording.unknown_near", or
            "data.wording.too_long".
    """
    if len(text) > MAX_CHARACTERS:
        raise Fault("data.wording.too_long", field=field, limit=MAX_CHARACTERS)
    parts: list[tuple[str, str | None]] = []
    plain, place = "", 0
    while place < len(text):
        pair, char = text[place : place + 2], text[place]
        if pair in ("{{", "}}"):
            plain, place = plain + char, place + 2
        elif char == "{":
            column = _column_at(text, place, columns, field)
            parts.append((plain, column))
            plain, place = "", place + len(column) + 2
        elif char == "}":
            raise Fault("data.wording.stray", field=field, place=place + 1, near=_near(text, place))
        else:
            plain, place = plain + char, place + 1
    return Wording((*parts, (plain, None)))


def _column_at(text: str, place: int, columns: Sequence[str], field: str) -> str:
    """The column named by the brace that opens at `place`."""
    fits = [column for column in columns if text.startswith(column + "}", place + 1)]
    if fits:
        return max(fits, key=len)
    end = text.find("}", place)
    if end < 0 or "{" in text[place + 1 : end]:
        raise Fault("data.wording.unclosed", field=field, place=place + 1, near=_near(text, place))
    name = text[place + 1 : end]
    close = _closest(name, columns)
    if close:
        raise Fault("data.wording.unknown_near", field=field, column=show(name), close=show(close))
    raise Fault("data.wording.unknown", field=field, column=show(name), columns=clip(", ".join(columns), 300))


def _closest(name: str, columns: Sequence[str]) -> str | None:
    folded = {column.strip().casefold(): column for column in reversed(columns)}
    found = get_close_matches(name.strip().casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _near(text: str, place: int) -> str:
    return show(" ".join(text[place : place + 24].split()))


def check_wordings(
    templates: Mapping[str, Sequence[str]] | None, columns: Sequence[str]
) -> dict[str, tuple[Wording, ...]]:
    """Every field's wordings taken apart; blank ones count for nothing.

    Raises:
        Fault: see `read_wording`; "data.wording.too_many".
    """
    found: dict[str, tuple[Wording, ...]] = {}
    for field, texts in (templates or {}).items():
        filled = [text for text in texts if isinstance(text, str) and text.strip()]
        if len(filled) > MAX_WORDINGS:
            raise Fault("data.wording.too_many", field=field, limit=MAX_WORDINGS)
        if filled:
            found[field] = tuple(read_wording(text, columns, field) for text in filled)
    return found


def chooser(wordings: Mapping[str, tuple[Wording, ...]]) -> Callable[[Mapping[str, Any]], int]:
    """Which wording a row takes: told by the contents of the columns that are named, so that it never changes.

    All fields of a row take the wording of the same place, so that pairs of wordings stay together.
    """
    if all(len(several) == 1 for several in wordings.values()):
        return lambda values: 0
    columns = list(dict.fromkeys(c for several in wordings.values() for w in several for c in w.columns))
    return lambda values: fingerprint("\0".join(str(values.get(column)) for column in columns))


def fill(wording: Wording, values: Mapping[str, Any]) -> str:
    """The wording with the row's own texts in it.

    Raises:
        RowFault: "data.row.no_column", "data.wording.empty", "data.row.not_text".
    """
    return "".join(text + ("" if column is None else _filling(values, column)) for text, column in wording.parts)


def fill_lines(wording: Wording, values: Mapping[str, Any]) -> str:
    """As `fill`, but a line whose columns all hold nothing is left out: for what a row may be without.

    Raises:
        RowFault: "data.row.not_text".
    """
    lines: list[list[str]] = [[]]
    said: list[list[str]] = [[]]  # what the columns of each line hold
    for text, column in wording.parts:
        first, *others = text.split("\n")
        lines[-1].append(first)
        for more in others:
            lines.append([more])
            said.append([])
        if column is not None:
            found = scalar_text(values.get(column), column)
            lines[-1].append(found)
            said[-1].append(found.strip())
    kept = ("".join(line) for line, found in zip(lines, said, strict=True) if not found or any(found))
    return "\n".join(kept)


def _filling(values: Mapping[str, Any], column: str) -> str:
    if column not in values:
        raise RowFault("data.row.no_column", column, found=show(", ".join(values) or "-"))
    text = scalar_text(values[column], column)
    if not text.strip():
        raise RowFault("data.wording.empty", column)
    return text


def scalar_text(value: Any, column: str) -> str:
    """A text, number or yes/no as a text; empty for nothing.

    Raises:
        RowFault: "data.row.not_text".
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise RowFault("data.row.not_text", column, found=show(value))
