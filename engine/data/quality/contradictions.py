"""The same question with different answers: the model can learn neither."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values, drop
from engine.data.quality.duplicates import equal_groups
from engine.data.rows.row import Row, answer_of
from engine.data.rows.wording import context_of, jaccard, mark, plain, shingles

_AT_ONCE = 200  # rows of one question that are read at once


def _asked(row: Row) -> str:
    """What must have one answer: what stands before it; of KTO rows the judged answer too."""
    before = context_of(row)
    if "completion" in row:
        return f"{before}\n{plain(answer_of(row))}" if before else ""
    return before


def _said(row: Row) -> str:
    return str(row["label"]) if "completion" in row else plain(answer_of(row))


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    import numpy as np

    ids, asked, said = (np.zeros(material.count, dtype=np.uint64) for _ in range(3))
    for place, row in enumerate(material.rows()):
        question = _asked(row)
        ids[place], said[place] = row["id"], mark(_said(row))
        asked[place] = mark(question) if question else place + 1
    number = 0
    for places in equal_groups(asked):
        firsts = list({int(said[place]): place for place in reversed(places)}.values())
        if len(firsts) > 1 and _differ(material, firsts, values["alike"]):
            yield from (
                FoundRow(int(ids[place]), number, {"code": "contradiction", "answers": len(firsts)}) for place in places
            )
            number += 1


def _differ(material: Material, places: list[int], alike: float) -> bool:
    """Whether these rows' answers are more than the same in other words."""
    if material.kind not in ("chat", "text"):
        return True
    runs = [shingles(answer_of(row)) for row in material.read(sorted(places)[:_AT_ONCE])]
    return any(jaccard(runs[0], other) < alike for other in runs[1:])


CONTRADICTIONS = Check(
    key="contradictions",
    severity="hint",
    label=Text("data.quality.contradictions.label"),
    help=Text("data.quality.contradictions.help"),
    found=Text("data.quality.contradictions.found"),
    run=_run,
    params=(
        Param(
            "alike", "float", 0.6, Text("data.quality.contradictions.alike.label"),
            Text("data.quality.contradictions.alike.help"),
            minimum=0.1, maximum=1.0, step=0.05,
        ),
    ),
    fixes=(
        Fix("keep_one", {"check": "contradictions", "which": "longest"}, Text("data.quality.contradictions.keep_one.label.keep_the_longest_answer")),
        Fix("keep_one", {"check": "contradictions", "which": "first"}, Text("data.quality.contradictions.keep_one.label.keep_the_first_answer")),
        drop("contradictions"),
    ),
    kinds=("chat", "kto"),
    weight=2,
)  # fmt: skip
