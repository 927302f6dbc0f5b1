"""Checks of pairs and rankings, and the balance of their lengths."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.quality import CHECKS
from engine.data.quality.pairs.contradictory import knots
from engine.data.rows.intervals import wilson
from engine.data.rows.row import kind_of
from tests.unit.data.quality_rows import codes, ids, look
from tests.unit.data.shaping import Memory
from tests.unit.data.shaping import run as shape

Row = dict[str, Any]


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def pair(better: str, worse: str, question: str = "Q?", **more: Any) -> Row:
    return {
        "split": "train",
        "prompt": [{"role": "user", "content": question}],
        "chosen": said(better),
        "rejected": said(worse),
        **more,
    }


def ranking(*texts: str, ranks: list[int] | None = None, question: str = "Q?") -> Row:
    return {"split": "train", "prompt": [{"role": "user", "content": question}], "answers": [said(one) for one in texts],
            "ranks": ranks or list(range(1, len(texts) + 1))}  # fmt: skip


def biased(longer: int, shorter: int) -> list[Row]:
    won = [True] * longer + [False] * shorter
    return [
        pair(*(("long answer", "short") if one else ("short", "long answer")), question=f"Q{n}?")
        for n, one in enumerate(won)
    ]


def test_identical_answers(tmp_path: Path) -> None:
    rows = [pair("The  answer!", "the answer"), pair("Yes.", "No.")]
    assert ids(look(tmp_path, "same_answers", rows)) == {0}
    ranked = [ranking("A", "B", "a."), ranking("A", "a", "B", ranks=[1, 1, 2])]  # a tie of the same says nothing wrong
    assert ids(look(tmp_path, "same_answers", ranked)) == {0}


@pytest.mark.parametrize(
    ("longer", "shorter", "code"),
    [(80, 20, "length_bias.longer"), (5, 25, "length_bias.shorter"), (11, 9, ""), (3, 0, "")],
)
def test_a_bias_of_length_is_told_from_chance(tmp_path: Path, longer: int, shorter: int, code: str) -> None:
    found = look(tmp_path, "length_bias", biased(longer, shorter))
    assert set(codes(found).values()) == ({code} if code else set())
    if code:
        assert len(found) == max(longer, shorter)
        detail = found[0].detail
        assert detail["low"] <= detail["share"] <= detail["high"]
        assert detail["share"] == round(100 * max(longer, shorter) / (longer + shorter))


def test_held_out_pairs_and_equal_lengths_tell_nothing_of_length(tmp_path: Path) -> None:
    rows = [row | {"split": "val"} for row in biased(40, 0)] + [pair("four", "five")]
    assert look(tmp_path, "length_bias", rows) == []


@pytest.mark.parametrize("seed", range(20))
def test_few_fair_coins_are_seldom_called_biased(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    longer = sum(dice.random() < 0.5 for _ in range(60))
    found = look(tmp_path, "length_bias", biased(longer, 60 - longer))
    low, high = wilson(longer, 60)
    assert bool(found) == (not low <= 0.5 <= high)


def test_votes_in_opposite_orders_and_in_a_circle(tmp_path: Path) -> None:
    rows = [pair("A", "B"), pair("B", "C"), pair("C", "A"), pair("A", "D"), pair("A", "B", question="Other?"),
            pair("B", "A", question="Third?"), pair("A", "B", question="Third?"), pair("A", "E", question="Third?")]  # fmt: skip
    found = look(tmp_path, "contradictory_votes", rows)
    assert codes(found) == {
        0: "votes.circle",
        1: "votes.circle",
        2: "votes.circle",
        5: "votes.opposite",
        6: "votes.opposite",
    }
    assert len({one.group for one in found}) == 2
    ranked = [ranking("A", "B", "C"), ranking("C", "A", ranks=[1, 2])]
    assert ids(look(tmp_path, "contradictory_votes", ranked)) == {0, 1}
    assert look(tmp_path, "contradictory_votes", [ranking("A", "B"), ranking("B", "A", ranks=[1, 1])]) == []


def test_knots_are_those_of_a_plain_search() -> None:
    dice = random.Random(16)
    for _ in range(30):
        below = {n: {dice.randrange(7) for _ in range(dice.randrange(3))} for n in range(7)}
        reach = {n: {n} for n in below}
        for _step in below:
            for n, others in below.items():
                reach[n] |= set().union(*(reach[one] for one in others)) if others else set()
        found = knots(below)
        assert all((found[a] == found[b]) == (b in reach[a] and a in reach[b]) for a in below for b in below)


def numbered(rows: list[Row]) -> list[Row]:
    return [{"id": n, "line": n + 1, **row} for n, row in enumerate(rows)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lengths_are_balanced_by_leaving_out(tmp_path: Path, seed: int) -> None:
    rows = numbered([*biased(30, 8), pair("four", "five"), pair("long answer", "short") | {"split": "val"}])
    made = shape(Memory(rows, kind="preference"), "balance_lengths", how="drop", seed=seed)
    assert len(made) == 8 + 8 + 2
    assert look(tmp_path, "length_bias", made) == []
    assert [row["id"] for row in made] == sorted(row["id"] for row in made)


def test_lengths_are_balanced_by_weights() -> None:
    rows = numbered([*biased(4, 1), pair("long answer", "short", weight=2)])
    made = shape(Memory(rows, kind="preference"), "balance_lengths", how="weight")
    longer = sum(row.get("weight", 1) for row in made if len(row["chosen"][0]["content"]) > 5)
    assert [row.get("weight") for row in made] == [0.2] * 4 + [None, 0.4]
    assert longer == pytest.approx(1.2)


def test_what_cannot_be_balanced_is_refused() -> None:
    with pytest.raises(Fault, match=r"shape\.one_sided"):
        shape(Memory(numbered(biased(4, 0)), kind="preference"), "balance_lengths")
    with pytest.raises(Fault, match=r"shape\.lengths_even"):
        shape(Memory(numbered(biased(3, 3)), kind="preference"), "balance_lengths")


JUDGED = {
    "preference": [pair("I'm sorry, but I can't help with that. Mail ann@lamps.io.", "No.", question=f"Q{n}?") for n in range(4)],
    "kto": [{"split": "train", "prompt": [{"role": "user", "content": f"Q{n}?"}], "completion": said("I'm sorry, but I can't help with that. Mail ann@lamps.io."), "label": True} for n in range(4)],
    "ranking": [ranking("No.", "I'm sorry, but I can't help with that. Mail ann@lamps.io.", question=f"Q{n}?", ranks=[2, 1]) for n in range(4)],
}  # fmt: skip


@pytest.mark.parametrize("kind", JUDGED)
def test_every_check_works_on_every_kind_of_judged_rows(tmp_path: Path, kind: str) -> None:
    assert {kind_of(row) for row in JUDGED[kind]} == {kind}
    found = {check.key: ids(look(tmp_path, check.key, JUDGED[kind])) for check in CHECKS if kind in check.kinds}
    assert found["personal"] == found["refusals"] == {0, 1, 2, 3}


def test_weights_that_balance_leave_no_bias_of_what_counts() -> None:
    made = shape(Memory(numbered(biased(30, 10)), kind="preference"), "balance_lengths", how="weight")
    sums = {
        side: sum(row.get("weight", 1) for row in made if (len(row["chosen"][0]["content"]) > 5) == side)
        for side in (True, False)
    }
    assert sums[True] == pytest.approx(sums[False], rel=1e-4)
