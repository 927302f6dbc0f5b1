"""Answers that teach nothing: blank ones, the question again, or one answer for very many questions."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Fix, Material, Values, drop
from engine.data.quality.duplicates import equal_groups
from engine.data.rows.row import Row, answer_of, question_of
from engine.data.rows.wording import context_of, mark, plain

_USUAL = 3  # where answers stand in so many rows on the average they are labels, or meant to come again


def _fault(row: Row) -> Detail | None:
    answer = answer_of(row)
    calls = any(turn.get("tool_calls") for turn in row.get("messages", ())[-1:])
    if not any(map(str.isalnum, answer)) and not calls and len(answer.strip()) < 2:
        return {"code": "empty.blank"}
    said = plain(answer)
    if "text" not in row and len(said) > 3 and said == plain(question_of(row)):
        return {"code": "empty.echo"}
    return None


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    import numpy as np

    ids, answers = np.zeros(material.count, dtype=np.uint64), np.zeros(material.count, dtype=np.uint64)
    asked = np.zeros(material.count, dtype=np.uint64)
    for place, row in enumerate(material.rows()):
        ids[place], answers[place], asked[place] = row["id"], mark(plain(answer_of(row))), mark(context_of(row))
        if detail := _fault(row):
            answers[place] = place
            yield FoundRow(row["id"], None, detail)
    if material.kind != "text" and material.count > _USUAL * len(np.unique(answers)):
        return
    groups = (places for places in equal_groups(answers) if len(places) >= values["rows"])
    for number, places in enumerate(groups):
        several = len(np.unique(asked[places]))
        if material.kind != "text" and several >= values["rows"]:
            detail = {"code": "empty.repeated", "times": len(places)}
            yield from (FoundRow(int(ids[place]), number, detail) for place in places)


EMPTY_ANSWERS = Check(
    key="empty_answers",
    kinds=("chat", "text", "preference", "kto", "ranking"),
    severity="look",
    label=Text("data.quality.empty_answers.label"),
    help=Text("data.quality.empty_answers.help"),
    found=Text("data.quality.empty_answers.found"),
    run=_run,
    params=(
        Param(
            "rows", "int", 30, Text("data.quality.empty_answers.rows.label"),
            Text("data.quality.empty_answers.rows.help"), minimum=5, maximum=100_000,
        ),
    ),
    fixes=(
        drop("empty_answers"),
        Fix("keep_one", {"check": "empty_answers", "which": "first"}, Text("data.quality.empty_answers.keep_one.label")),
    ),
)  # fmt: skip
