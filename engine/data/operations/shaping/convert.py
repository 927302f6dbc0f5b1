"""From judged answers to plain conversations, and from rankings to pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.row_table import origin_of
from engine.data.rows.ranking import pair_of, pairs_in
from engine.data.rows.row import ANSWERS, best_of

_JUDGED = ("prompt", "chosen", "rejected", "completion", "label", "margin", "answers", "ranks", "scores")


def _prefer(source: Source, _values: Mapping[str, Any]) -> Iterator[Row]:
    kept = 0
    for row in source.rows():
        if "completion" in row and not row["label"]:
            continue
        kept += 1
        said = best_of(row) if ANSWERS in row else row["chosen"] if "chosen" in row else row["completion"]
        rest = {key: value for key, value in row.items() if key not in _JUDGED}
        yield rest | {"messages": [*row["prompt"], *said]}
    if not kept:
        raise Fault("data.shape.none_good", rows=source.count)


def _pairs(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    """Pairs of each ranking, in its split: those after the first are new rows that name it, so that they stay with it."""
    made = 0
    for row in source.rows():
        for number, (better, worse) in enumerate(pairs_in(row["ranks"], values["which"])):
            made += 1
            pair = pair_of(row, better, worse)
            if number:
                pair |= {"id": source.new_id(), "line": None, "origin": {"code": "ranking", "row": origin_of(row)}}
            yield pair
    if not made:
        raise Fault("data.shape.all_tied", rows=source.count)


_WHICH = Param(
    "which",
    "choice",
    "adjacent",
    Text("data.operations.shaping.convert.ranking_pairs.which.label"),
    Text("data.operations.shaping.convert.ranking_pairs.which.help"),
    usual=Text("data.operations.shaping.convert.ranking_pairs.which.usual"),
    choices={
        "adjacent": Text("data.operations.shaping.convert.ranking_pairs.which.choices.adjacent"),
        "all": Text("data.operations.shaping.convert.ranking_pairs.which.choices.all"),
        "best_worst": Text("data.operations.shaping.convert.ranking_pairs.which.choices.best_worst"),
    },
    advanced=False,
)
CONVERT = (
    Operation(
        "prefer_chosen",
        "convert",
        Text("data.operations.shaping.convert.prefer_chosen.label"),
        Text("data.operations.shaping.convert.prefer_chosen.help"),
        _prefer,
        kinds=("preference", "kto", "ranking"),
        makes="chat",
    ),
    Operation(
        "ranking_pairs",
        "convert",
        Text("data.operations.shaping.convert.ranking_pairs.label"),
        Text("data.operations.shaping.convert.ranking_pairs.help"),
        _pairs,
        (_WHICH,),
        kinds=("ranking",),
        makes="preference",
    ),
)  # fmt: skip
