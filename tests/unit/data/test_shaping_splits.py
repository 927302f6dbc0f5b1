"""Splits: shares are met, nothing equal and nothing of one group is on both sides, the same seed gives the same result."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.operations.shaping.portions import quotas, shuffled, take
from engine.data.operations.shaping.timestamps import date_in
from tests.unit.data.shaping import Memory, asked, chat, run, sides

SEEDS = st.integers(0, 2**31 - 1)
SHARES = st.sampled_from([0.0, 5.0, 10.0, 20.0, 33.0])


def _ids(rows: list) -> list[int]:
    return [row["id"] for row in rows]


# ------------------------------------------------------------------ choosing units


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(0, 40), SEEDS)
def test_units_add_up_as_nearly_as_any_choice_can(sizes: list[int], wanted: int, seed: int) -> None:
    chosen = take(np.array(sizes), shuffled(np.arange(len(sizes), dtype=np.uint64), seed), wanted)
    reachable = {sum(part) for n in range(len(sizes)) for part in combinations(sizes, n)}
    goal = min(wanted, sum(sizes) - 1)
    assert abs(int(np.array(sizes)[chosen].sum()) - goal) == min(abs(total - goal) for total in reachable)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.integers(0, 200))
def test_quotas_add_up_and_are_within_one_of_the_exact_share(sizes: list[int], wanted: int) -> None:
    array = np.array(sizes)
    given_ = quotas(array, wanted, array)
    assert given_.sum() == min(wanted, sum(sizes))
    if wanted <= sum(sizes):
        assert (np.abs(given_ - array * wanted / array.sum()) < 1).all()


# ------------------------------------------------------------------ random


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=10, max_size=80), SHARES, SHARES, SEEDS)
def test_random_split(contents: list[int], val: float, test: float, seed: int) -> None:
    source = Memory([chat(at, f"q{content}") for at, content in enumerate(contents)])
    values = {"val": val, "test": test, "seed": seed, "nearest": True}
    rows = run(source, "split_random", **values)
    assert _ids(rows) == list(range(len(contents)))  # nothing lost, nothing moved
    assert rows == run(source, "split_random", **values)
    by_content = defaultdict(set)
    for row in rows:
        by_content[asked(row)].add(row["split"])
    assert all(len(found) == 1 for found in by_content.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(10, 300), SHARES, SHARES, SEEDS)
def test_random_split_of_different_rows_meets_its_shares(count: int, val: float, test: float, seed: int) -> None:
    found = sides(
        run(Memory([chat(at, f"q{at}") for at in range(count)]), "split_random", val=val, test=test, seed=seed)
    )
    for side, share in (("val", val), ("test", test)):
        assert abs(found[side] - count * share / 100) <= 1


def test_a_share_that_equal_rows_prevent_is_told_with_the_numbers() -> None:
    source = Memory([chat(at, "same" if at < 90 else f"q{at}") for at in range(100)])
    with pytest.raises(Fault) as told:
        run(source, "split_random", val=50)
    assert told.value.code == "data.shape.equal_rows"
    assert told.value.params["wanted"] == 50
    assert (told.value.params["found"], told.value.params["most"]) == (10, 90)
    assert sides(run(source, "split_random", val=50, nearest=True))["val"] == 10


def test_another_seed_holds_out_other_rows() -> None:
    source = Memory([chat(at, f"q{at}") for at in range(100)])
    held = [{r["id"] for r in run(source, "split_random", seed=seed) if r["split"] == "val"} for seed in (1, 2)]
    assert held[0] != held[1]


def test_made_rows_stay_with_their_original_and_are_never_held_out() -> None:
    rows = [chat(at, f"q{at}") for at in range(20)]
    made = [{**chat(100 + at, f"Hello! q{at}"), "origin": {"code": "paraphrase", "row": at}} for at in range(20)]
    split = run(Memory([*rows, *made]), "split_random", val=25)
    held = {row["id"] for row in split if row["split"] == "val"}
    assert len(held) == 5
    assert {row["id"] for row in split if row.get("origin")} == {100 + at for at in range(20) if at not in held}


# ------------------------------------------------------------------ by label, by group


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("aaaabbc"), min_size=20, max_size=120), SHARES, SEEDS)
def test_stratified_split_gives_each_label_its_share(labels: list[str], val: float, seed: int) -> None:
    source = Memory([chat(at, f"q{at}", label=label) for at, label in enumerate(labels)])
    rows = run(source, "split_stratified", column="label", val=val, seed=seed, nearest=True)
    assert _ids(rows) == list(range(len(labels)))
    for label in set(labels):
        mine = [row for row in rows if row["extra"]["label"] == label]
        assert abs(sides(mine)["val"] - len(mine) * sides(rows)["val"] / len(rows)) < 1 + 1e-9 or len(mine) == 1
        assert sides(mine)["train"] >= 1


def test_stratified_by_the_answer_when_no_column_is_chosen() -> None:
    rows = [chat(at, f"q{at}", "good" if at % 4 else "bad") for at in range(80)]
    split = run(Memory(rows), "split_stratified", val=20)
    held = [row["messages"][1]["content"] for row in split if row["split"] == "val"]
    assert (held.count("good"), held.count("bad")) == (12, 4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=12, max_size=90), SHARES, SHARES, SEEDS)
def test_no_group_is_ever_on_both_sides(groups: list[int], val: float, test: float, seed: int) -> None:
    source = Memory([chat(at, f"q{at}", customer=group) for at, group in enumerate(groups)])
    values = {"column": "customer", "val": val, "test": test, "seed": seed, "nearest": True}
    rows = run(source, "split_group", **values)
    assert _ids(rows) == list(range(len(groups)))
    assert rows == run(source, "split_group", **values)
    seen = defaultdict(set)
    for row in rows:
        seen[row["extra"]["customer"]].add(row["split"])
    assert all(len(found) == 1 for found in seen.values())


def test_a_group_that_is_too_large_is_named() -> None:
    source = Memory([chat(at, f"q{at}", customer="Ada" if at < 60 else "Bo") for at in range(100)])
    with pytest.raises(Fault) as told:
        run(source, "split_group", column="customer", val=10)
    assert told.value.code == "data.shape.group_share"
    assert {"groups": 2, "largest": "Ada", "most": 60, "wanted": 10}.items() <= told.value.params.items()


@pytest.mark.parametrize("key", ["split_group", "split_time"])
def test_an_unknown_column_is_told_with_those_that_are_there(key: str) -> None:
    with pytest.raises(Fault) as told:
        run(Memory([chat(0, "a", city="Bonn"), chat(1, "b", city="Ulm")]), key, column="town")
    assert (told.value.code, told.value.params["columns"]) == ("data.shape.no_column", "city")


def test_labels_that_never_repeat_are_refused() -> None:
    with pytest.raises(Fault, match=r"data\.shape\.too_many_groups"):
        run(Memory([chat(at, f"q{at}", note=f"n{at}") for at in range(30)]), "split_stratified", column="note")


# ------------------------------------------------------------------ by time


def test_the_newest_rows_are_held_out() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 21)]
    rows = [chat(at, f"q{at}", at=day) for at, day in enumerate(reversed(days))]
    split = run(Memory(rows), "split_time", column="at", val=10, test=10)
    by_side = {side: {row["extra"]["at"] for row in split if row["split"] == side} for side in ("val", "test")}
    assert by_side == {"test": {"2024-01-20", "2024-01-19"}, "val": {"2024-01-18", "2024-01-17"}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-03-01", "2024-03-01T00:00:00+00:00"),
        ("2024-03-01T10:30:00Z", "2024-03-01T10:30:00+00:00"),
        ("2024/3/1 10:30", "2024-03-01T10:30:00+00:00"),
        ("2024年3月1日", "2024-03-01T00:00:00+00:00"),
        ("2024年3月1日 10时30分", "2024-03-01T10:30:00+00:00"),
        ("2024-03", "2024-03-01T00:00:00+00:00"),
        ("01.03.2024", "2024-03-01T00:00:00+00:00"),
        ("31/03/2024", "2024-03-31T00:00:00+00:00"),
        ("03/31/2024", "2024-03-31T00:00:00+00:00"),
        ("20240301", "2024-03-01T00:00:00+00:00"),
        ("1 Mar 2024", "2024-03-01T00:00:00+00:00"),
        ("March 1, 2024", "2024-03-01T00:00:00+00:00"),
        ("Fri, 01 Mar 2024 10:30:00 +0000", "2024-03-01T10:30:00+00:00"),
        ("1709289000", "2024-03-01T10:30:00+00:00"),
        ("1709289000000", "2024-03-01T10:30:00+00:00"),
    ],
)
def test_common_forms_of_dates(written: str, meant: str) -> None:
    assert date_in(written) == date_in(meant)


@pytest.mark.parametrize("written", ["03/04/2024", "yesterday", "2024-13-01", "31.02.2024", "12:30", "n/a", "99999"])
def test_what_is_no_clear_date_is_not_guessed(written: str) -> None:
    assert date_in(written) is None


def test_unreadable_times_are_named_or_trained_on() -> None:
    rows = [chat(at, f"q{at}", at=f"2024-02-{at + 1:02d}") for at in range(12)]
    rows[7]["extra"]["at"] = "soon"
    with pytest.raises(Fault) as told:
        run(Memory(rows), "split_time", column="at")
    assert told.value.code == "data.shape.time_unreadable"
    assert {"count": 1, "rows": 12, "line": 8, "value": "soon"}.items() <= told.value.params.items()
    split = run(Memory(rows), "split_time", column="at", unreadable="train", val=20)
    assert [row["id"] for row in split if row["split"] == "val"] == [10, 11]


def test_the_order_of_day_and_month_is_learnt_from_other_rows_or_asked() -> None:
    both = ["03/04/2024", "04/03/2024", "13/01/2024"]
    split = run(
        Memory([chat(at, f"q{at}", at=text) for at, text in enumerate(both)]), "split_time", column="at", val=34
    )
    assert [row["split"] for row in split] == ["val", "train", "train"]
    unclear = Memory([chat(at, f"q{at}", at=text) for at, text in enumerate(both[:2])])
    with pytest.raises(Fault, match=r"data\.shape\.date_order"):
        run(unclear, "split_time", column="at", val=50)
    split = run(unclear, "split_time", column="at", val=50, order="month")
    assert [row["split"] for row in split] == ["train", "val"]


# ------------------------------------------------------------------ a data set of its own


def test_another_data_set_becomes_the_validation() -> None:
    source = Memory([chat(at, f"q{at}", split="val" if at < 3 else "train") for at in range(10)])
    source.others[7] = Memory([chat(0, "q9"), chat(1, "new", split="val")], name="checks")
    rows = run(source, "split_own_file", dataset=7)
    assert [row["id"] for row in rows if row["split"] == "train"] == list(range(9))  # q9 is in the validation now
    held = [row for row in rows if row["split"] == "val"]
    assert [asked(row) for row in held] == ["q9", "new"]
    assert [row["id"] for row in held] == [10, 11]
    assert [row["origin"] for row in held] == [{"code": "own_file", "dataset": 7, "from": at} for at in (0, 1)]
    assert {row["extra"]["dataset"] for row in held} == {"checks"}
