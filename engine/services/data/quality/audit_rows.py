"""Rows that a check found, cut into pieces for the page: what was found, and a little around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from engine.core.context import Context
from engine.data.operations.base import FoundRow
from engine.data.rows.extra_fields import extra_fields_of
from engine.data.rows.row import THINKING, Row, named_lists, slots_of, texts_of
from engine.services.data.versions.version_files import version_file
from engine.shapes.audits import FoundRowView

_AROUND = 160  # characters that are kept on each side of something found
_WHOLE = 700  # a text up to this length is never shortened
_CUT = "…"
_MOST_MARKED = 500  # places in one row


def shown_rows(ctx: Context, dataset_id: int, found: Sequence[FoundRow]) -> list[FoundRowView]:
    """Each with its row's place and texts; a row that is not in the data any more is left out."""
    from engine.data.rows.index import RowIndex

    if not found:
        return []
    _version, path = version_file(ctx, dataset_id)
    index = RowIndex.open(path)
    places = index.places_of([one.row for one in found]).tolist()
    kept = [(one, place) for one, place in zip(found, places, strict=True) if place >= 0]
    rows = index.rows([place for _one, place in kept])
    shown = (_shown(one, row) | {"place": place} for (one, place), row in zip(kept, rows, strict=True))
    return [cast(FoundRowView, one) for one in shown]


def _shown(one: FoundRow, row: Row) -> dict[str, Any]:
    detail = dict(one.detail)
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for part, start, end, kind in detail.pop("spans", ())[:_MOST_MARKED]:
        spans.setdefault(part, []).append((start, end, kind))
    texts = texts_of(row)
    parts = [
        {"role": role, "list": name, "pieces": pieces(text, sorted(spans.get(place, ())))}
        for place, (text, (role, name)) in enumerate(zip(texts, _roles(row), strict=True))
    ]
    parts += [
        {"role": "text", "list": "beside", "name": name, "pieces": pieces(text, sorted(spans[place]))}
        for place, (name, text) in enumerate(extra_fields_of(row), len(texts))
        if place in spans
    ]
    place = {key: row.get(key) for key in ("split", "line", "file")}
    return {"id": one.row, "group": one.group, "detail": detail, "parts": parts, **place}


def _roles(row: Row) -> list[tuple[str, str]]:
    """Role and list of each text."""
    if "text" in row:
        return [("text", "text")]
    lists = {id(message): name for name, messages in named_lists(row) for message in messages}
    return [("thinking" if key == THINKING else message["role"], lists[id(message)]) for message, key in slots_of(row)]


def pieces(text: str, spans: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The text as [text, kind]; kind is "" for what nothing was found in, which is shortened where it is long."""
    if not spans:
        return [(_shortened(text, first=True, last=True), "")] if text else []
    cut: list[tuple[str, str]] = []
    at = 0
    for start, end, kind in spans:
        if start < at:
            continue
        cut += [(_shortened(text[at:start], first=at == 0, last=False), ""), (text[start:end][:_WHOLE], kind)]
        at = end
    return [piece for piece in [*cut, (_shortened(text[at:], first=False, last=True), "")] if piece[0]]


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """The beginning and the end of a stretch; of the first one only its end where something follows it."""
    if len(text) <= (_WHOLE if first == last else 2 * _AROUND):
        return text
    if first and last:
        return text[: _WHOLE - _AROUND] + f" {_CUT} " + text[-_AROUND:]
    if first:
        return _CUT + text[-_AROUND:]
    return text[:_AROUND] + _CUT if last else text[:_AROUND] + f" {_CUT} " + text[-_AROUND:]
