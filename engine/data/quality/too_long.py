"""Rows that do not fit into what a model holds at once: their end would be cut off in training."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.operations.repairs.texts import token_count
from engine.data.quality.base import Check, Detail, Fix, Material, Reader, Values, drop, model_param
from engine.data.rows.row import Row, texts_of

_FRAME_TOKENS = 32  # what a chat template adds to a turn, at most


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    reader = material.reader(values["model"]) if values.get("model") else None
    for row in material.rows():
        detail = _tokens(row, reader) if reader else _characters(row, values["characters"])
        if detail:
            yield FoundRow(row["id"], None, detail | ({"model": values["model"]} if reader else {}))


def _characters(row: Row, limit: int) -> Detail | None:
    length = sum(map(len, texts_of(row)))
    return {"code": "long.characters", "length": length, "limit": limit} if length > limit else None


def _tokens(row: Row, reader: Reader) -> Detail | None:
    """Counted only where the text has more bytes than the model tokens: a token is a byte at least."""
    texts = texts_of(row)
    if sum(len(text.encode("utf-8", "replace")) + _FRAME_TOKENS for text in texts) <= reader.context:
        return None
    length = token_count(row, reader.template)
    return {"code": "long.tokens", "length": length, "limit": reader.context} if length > reader.context else None


TOO_LONG = Check(
    key="too_long",
    severity="look",
    label=Text("data.quality.too_long.label"),
    help=Text("data.quality.too_long.help"),
    found=Text("data.quality.too_long.found"),
    run=_run,
    params=(
        model_param(Text("data.quality.too_long.model.label"), Text("data.quality.too_long.model.help")),
        Param(
            "characters", "int", 20_000, Text("data.quality.too_long.characters.label"),
            Text("data.quality.too_long.characters.help"), minimum=100, maximum=4_000_000,
            unit=Text("data.quality.too_long.characters.unit"),
        ),
    ),
    fixes=(
        Fix("shorten_found", {"check": "too_long"}, Text("data.quality.too_long.shorten_found.label")),
        drop("too_long"),
    ),
    weight=3,
)  # fmt: skip
