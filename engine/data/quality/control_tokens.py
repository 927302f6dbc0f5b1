"""Control marks and placeholders in the texts of rows: `<|im_end|>` in a question, `</s>` behind an answer, `nan` in place of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Fix, Material, Span, Values, drop, model_param
from engine.data.quality.leftovers import Finder, leftovers_of, usual_marks
from engine.data.rows.row import Row


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    find = _of_model(material, values["model"]) if values.get("model") else usual_marks
    for row in material.rows():
        if detail := _detail(row, find):
            yield FoundRow(row["id"], None, detail)


def _of_model(material: Material, model: int) -> Finder:
    controls = material.reader(model).template.control_tokens

    def find(text: str, answer: bool) -> list[tuple[int, int]]:
        tokens = controls.found_in(text, answer=answer)
        pattern = re.compile("|".join(map(re.escape, tokens)))
        return [found.span() for found in pattern.finditer(text)] if tokens else []

    return find


def _detail(row: Row, find: Finder) -> Detail | None:
    spans: list[Span] = []
    named: dict[str, None] = {}
    for part, one in leftovers_of(row, find):
        spans.append((part, one.begin, one.end, one.kind))
        named[one.term] = None
    return {"code": "control_tokens", "terms": ", ".join(list(named)[:5]), "spans": spans[:200]} if spans else None


CONTROL_TOKENS = Check(
    key="control_tokens",
    severity="look",
    label=Text("data.quality.control_tokens.label"),
    help=Text("data.quality.control_tokens.help"),
    found=Text("data.quality.control_tokens.found"),
    run=_run,
    params=(
        model_param(Text("data.quality.control_tokens.model.label"), Text("data.quality.control_tokens.model.help")),
    ),
    fixes=(
        Fix("strip_found", {"check": "control_tokens"}, Text("data.quality.control_tokens.strip_found.label")),
        drop("control_tokens"),
    ),
)  # fmt: skip
