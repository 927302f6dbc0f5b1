"""Repairs that change texts: mask what must not be trained on, repair broken characters, shorten, edit by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow, Operation, Row, Source
from engine.data.operations.repairs.dropping import CHECK, ROWS, read_ids, wanted
from engine.data.operations.repairs.editing import edited, read_edits
from engine.data.operations.repairs.texts import change_texts, cut_at_sentence, last_sentence, token_count
from engine.data.privacy.kinds import KINDS
from engine.data.rows.extra_fields import change_extra_fields
from engine.data.rows.row import answer_of, texts_of
from engine.data.rows.text_repair import repaired, without_control
from engine.data.templates.template import ChatTemplate

_TRIES = 6
_MARGIN = 0.97  # texts of one row need not be equally dense in tokens


def _mask(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    kinds = set(values["kinds"])
    spans = {
        one.row: [span for span in one.detail.get("spans", ()) if span[3] in kinds] for one in wanted(source, values)
    }
    for row in source.rows():
        if found := spans.get(row["id"]):
            _mask_row(row, found)
        yield row


def _mask_row(row: Row, spans: list[tuple[int, int, int, str]]) -> None:
    by_part: dict[int, list[tuple[int, int, str]]] = {}
    for part, start, end, kind in spans:
        by_part.setdefault(part, []).append((start, end, kind))

    def change(part: int, text: str) -> str:
        return _masked(text, by_part.get(part, []))

    texts = len(texts_of(row))
    change_texts(row, change)
    change_extra_fields(row, lambda place, text: change(texts + place, text))


def _masked(text: str, spans: list[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, kind in sorted(spans):
        pieces += [text[at:start], f"[{kind.upper()}]"]
        at = end
    return "".join([*pieces, text[at:]])


def _mend(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    def change(_part: int, text: str) -> str:
        good = repaired(text)
        return without_control(good) if values["control"] else good

    for row in source.rows():
        change_texts(row, change)
        yield row


def _shorten(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    found = {one.row: one for one in wanted(source, values)}
    templates: dict[int, ChatTemplate] = {}
    for row in source.rows():
        if one := found.get(row["id"]):
            _shorten_row(row, one, source, templates)
        yield row


def _shorten_row(row: Row, one: FoundRow, source: Source, templates: dict[int, ChatTemplate]) -> None:
    detail = one.detail
    if "limit" not in detail:
        _end_whole(row)
        return
    model = detail.get("model")
    if model is not None and model not in templates:
        templates[model] = source.template(model)
    _fit(row, detail["limit"], detail["length"], templates[model] if model is not None else None)


def _end_whole(row: Row) -> None:
    """Let the answer end with its last whole sentence, provided that it has one."""
    answer = answer_of(row)
    place = len(texts_of(row)) - 1 - texts_of(row)[::-1].index(answer)
    body = answer[: answer.rfind("```")] if answer.count("```") % 2 else answer
    if end := last_sentence(body.rstrip()[:-1] if body == answer else body):
        _put(row, place, answer[:end].rstrip())


def _put(row: Row, place: int, new: str) -> None:
    change_texts(row, lambda part, text: new if part == place else text)


def _fit(row: Row, limit: int, length: int, template: ChatTemplate | None) -> None:
    """Cut the longest text of a row, again and again, until the row keeps within the limit."""
    for _try in range(_TRIES):
        if length <= limit:
            return
        texts = texts_of(row)
        longest = max(range(len(texts)), key=lambda place: len(texts[place]))
        share = 1.0 if template is None else sum(map(len, texts)) / length
        most = len(texts[longest]) - max(1, int((length - _MARGIN * limit if template else length - limit) * share))
        kept = cut_at_sentence(texts[longest], max(1, most))
        _put(row, longest, kept)
        length = sum(map(len, texts_of(row))) if template is None else token_count(row, template)


def _edit(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    drops = frozenset(read_ids(values["drops"]))
    edits = read_edits(values["edits"]) if values["edits"] or not drops else {}
    for row in source.rows():
        if row["id"] in drops:
            continue
        edit = edits.get(row["id"])
        yield row if edit is None else edited(row, edit)


MASK_FOUND = Operation(
    key="mask_found",
    group="repair",
    label=Text("data.operations.repairs.text_repairs.mask_found.label"),
    help=Text("data.operations.repairs.text_repairs.mask_found.help"),
    run=_mask,
    params=(
        Param("check", "data", "personal", CHECK.label, CHECK.help),
        ROWS,
        Param(
            "kinds", "multi", list(KINDS), Text("data.operations.repairs.text_repairs.mask_found.kinds.label"), Text("data.operations.repairs.text_repairs.mask_found.kinds.help"),
            choices={key: label for key, (label, _find) in KINDS.items()}, advanced=False,
        ),
    ),
)  # fmt: skip

MEND_ENCODING = Operation(
    key="mend_encoding",
    group="repair",
    label=Text("data.operations.repairs.text_repairs.mend_encoding.label"),
    help=Text("data.operations.repairs.text_repairs.mend_encoding.help"),
    run=_mend,
    params=(
        Param("control", "bool", True, Text("data.operations.repairs.text_repairs.mend_encoding.control.label"), Text("data.operations.repairs.text_repairs.mend_encoding.control.help")),
    ),
)  # fmt: skip

SHORTEN_FOUND = Operation(
    key="shorten_found",
    group="repair",
    label=Text("data.operations.repairs.text_repairs.shorten_found.label"),
    help=Text("data.operations.repairs.text_repairs.shorten_found.help"),
    run=_shorten,
    params=(CHECK, ROWS),
)

EDIT_ROWS = Operation(
    key="edit_rows",
    group="repair",
    label=Text("data.operations.repairs.text_repairs.edit_rows.label"),
    help=Text("data.operations.repairs.text_repairs.edit_rows.help"),
    run=_edit,
    params=(
        Param(
            "edits",
            "data",
            {},
            Text("data.operations.repairs.text_repairs.edit_rows.edits.label"),
            Text("data.operations.repairs.text_repairs.edit_rows.edits.help"),
        ),
        Param(
            "drops",
            "data",
            (),
            Text("data.operations.repairs.text_repairs.edit_rows.drops.label"),
            Text("data.operations.repairs.text_repairs.edit_rows.drops.help"),
        ),
    ),
)
