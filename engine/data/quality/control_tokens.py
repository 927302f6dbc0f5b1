"""Control tokens of models in the texts of rows: `<|im_end|>` in a question, `</s>` in the middle of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Material, Span, Values, drop, model_param
from engine.data.rows.row import Row, slots_of

_KNOWN = re.compile(  # of the usual formats, for rows that no model was chosen for
    r"<\|[A-Za-z][A-Za-z0-9_]{1,40}\|>|<[|｜][^\s<>|｜]{2,40}[|｜]>|</?s>|<(?:bos|eos|pad|start_of_turn|end_of_turn)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<</?SYS>>|\[gMASK\]"
)
_Find = Callable[[str, bool], list[tuple[int, int]]]  # (text, whether it is an answer) -> from, to of each token in it


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    find = _of_model(material, values["model"]) if values.get("model") else _usual
    for row in material.rows():
        if detail := _detail(row, find):
            yield FoundRow(row["id"], None, detail)


def _usual(text: str, _answer: bool) -> list[tuple[int, int]]:
    return [found.span() for found in _KNOWN.finditer(text)]


def _of_model(material: Material, model: int) -> _Find:
    controls = material.reader(model).template.control_tokens

    def find(text: str, answer: bool) -> list[tuple[int, int]]:
        tokens = controls.found_in(text, answer=answer)
        pattern = re.compile("|".join(map(re.escape, tokens)))
        return [found.span() for found in pattern.finditer(text)] if tokens else []

    return find


def _detail(row: Row, find: _Find) -> Detail | None:
    spans: list[Span] = []
    named: dict[str, None] = {}
    for part, (text, answer) in enumerate(_texts(row)):
        for begin, end in find(text, answer):
            spans.append((part, begin, end, "term"))
            named[text[begin:end]] = None
    return {"code": "control_tokens", "terms": ", ".join(list(named)[:5]), "spans": spans[:200]} if spans else None


def _texts(row: Row) -> list[tuple[str, bool]]:
    """The texts of `texts_of`, each with whether the assistant says it."""
    if "text" in row:
        return [(row["text"], False)]
    return [(str(message.get(key) or ""), message["role"] == "assistant") for message, key in slots_of(row)]


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
    fixes=(drop("control_tokens"),),
)  # fmt: skip
