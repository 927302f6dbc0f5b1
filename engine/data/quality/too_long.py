"""Rows that do not fit into what a model holds at once: their end would be cut off in training."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.operations.repairs.texts import token_count
from engine.data.quality.base import Check, Detail, Fix, Material, Reader, Values, drop
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
    label=Text("Too long", "过长"),
    help=Text(
        "Rows that are longer than the chosen model holds at once, or than a number of characters where no model is chosen. "
        "In training their end is cut off, or they are left out.",
        "超过所选模型一次能容纳的长度的行；没有选模型时，按字符数判断。训练时它们的结尾会被截掉，或者整行被跳过。",
    ),
    found=Text("{rows|row is|rows are} too long.", "有 {rows} 行过长。"),
    run=_run,
    params=(
        Param(
            "model", "choice", None, Text("For which model", "针对哪个模型"),
            Text("Its own limit in tokens counts. Without a model, characters are counted.", "以该模型自身的词元上限为准；不选模型则按字符数。"),
            source="model", optional=True, advanced=False,
        ),
        Param(
            "characters", "int", 20_000, Text("Characters at most", "最多字符数"),
            Text("The limit where no model is chosen.", "未选模型时的上限。"), minimum=100, maximum=4_000_000,
            unit=Text("characters", "个字符"),
        ),
    ),
    fixes=(
        Fix("shorten_found", {"check": "too_long"}, Text("Shorten at a sentence's end", "在句末处截短")),
        drop("too_long"),
    ),
    weight=3,
)  # fmt: skip
