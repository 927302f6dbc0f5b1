"""The arithmetic of the leaderboard: means, spreads, ties, what is missing, and what may be called a win."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import pytest

from engine.evaluation.comparison.leaderboard import (
    Entered,
    RunState,
    leaderboard,
    shown_measures,
    state_of,
    summary,
)
from engine.evaluation.comparison.report import csv_text, markdown_text


def run(seed: int, loss: float | None, status: str = "succeeded", **more: Any) -> RunState:
    """A run that ended with this held-out loss."""
    columns = {key: more.pop(key) for key in ("plain_base", "val_loss") if key in more}
    result = {} if loss is None else {"val_loss": loss, "base_val_loss": 3.0, "seconds": 10.0} | more
    return RunState(seed, seed, status, result, **columns)


def board(**entrants: list[RunState]) -> dict[str, dict[str, Any]]:
    """The rows by key."""
    return {row["key"]: row for row in leaderboard([Entered(key, "tuned", runs) for key, runs in entrants.items()])}


def marks(rows: dict[str, dict[str, Any]], measure: str = "loss") -> dict[str, str | None]:
    return {key: row["cells"][measure]["mark"] for key, row in rows.items() if measure in row["cells"]}


def test_mean_and_spread_are_those_of_the_sample() -> None:
    cell = board(a=[run(1, 1.0), run(2, 2.0), run(3, 3.0)])["a"]["cells"]["loss"]
    assert (cell["mean"], cell["spread"], cell["runs"]) == (2.0, 1.0, 3)


def test_a_single_run_has_no_spread_and_nothing_has_no_cell() -> None:
    assert summary([2.5]) is not None
    assert summary([2.5]).spread is None  # type: ignore[union-attr]
    assert summary([None, math.nan, math.inf]) is None


def test_perplexity_is_the_mean_over_runs_not_of_the_mean_loss() -> None:
    rows = board(a=[run(1, 1.0), run(2, 3.0)])
    assert rows["a"]["cells"]["perplexity"]["mean"] == pytest.approx((math.e + math.e**3) / 2)
    assert rows["base"]["cells"]["perplexity"]["mean"] == pytest.approx(math.e**3)


def test_the_best_value_is_marked_in_the_direction_of_its_measure() -> None:
    few = {"count": 4, "exact": 0.5, "chrf": 40.0, "base_exact": 0.1, "base_chrf": 20.0}
    rows = board(a=[run(1, 1.0, answers=few)], b=[run(1, 2.0, answers=few | {"exact": 0.9})])
    assert marks(rows) == {"base": None, "a": "best", "b": None}
    assert marks(rows, "exact") == {"base": None, "a": None, "b": "best"}


def test_a_difference_within_the_spread_is_no_win() -> None:
    close = board(a=[run(1, 1.0), run(2, 1.2)], b=[run(1, 1.1), run(2, 1.3)])
    assert marks(close) == {"base": None, "a": "level", "b": "level"}
    clear = board(a=[run(1, 1.0), run(2, 1.02)], b=[run(1, 1.5), run(2, 1.52)])
    assert marks(clear) == {"base": None, "a": "best", "b": None}


def test_equal_numbers_are_level_and_a_column_of_equals_is_not_marked() -> None:
    assert marks(board(a=[run(1, 1.0)], b=[run(1, 1.0)])) == {"base": None, "a": "level", "b": "level"}
    assert marks(board(a=[run(1, 1.0)], b=[run(1, 2.0)]), "seconds") == {"a": None, "b": None}


def test_the_base_can_win() -> None:
    assert marks(board(a=[run(1, 3.5)], b=[run(1, 4.0)])) == {"base": "best", "a": None, "b": None}


def test_what_ended_early_shows_its_numbers_but_does_not_compete() -> None:
    rows = board(a=[run(1, 0.1, "stopped")], b=[run(1, 1.0)], c=[run(1, 1.5, "stopped", ended="time")])
    assert (rows["a"]["partial"], rows["c"]["partial"]) == (True, False)
    assert marks(rows) == {"base": None, "a": None, "b": "best", "c": None}
    mixed = board(a=[run(1, 0.1, "stopped"), run(2, 1.0)])["a"]
    assert (mixed["cells"]["loss"]["mean"], mixed["partial"], mixed["state"]) == (1.0, False, "partly")


def test_nothing_measured_yet() -> None:
    rows = board(a=[run(1, None, "queued")], b=[run(1, None, "running", val_loss=2.5)])
    assert (rows["base"]["cells"], rows["a"]["cells"], rows["b"]["now"]) == ({}, {}, 2.5)
    assert [rows[key]["state"] for key in "ab"] == ["waiting", "running"]
    assert leaderboard([])[0]["key"] == "base"


def test_a_quantised_base_does_not_stand_for_the_base() -> None:
    quantised = [run(1, 1.0, base_val_loss=9.0, plain_base=False)]
    assert board(a=quantised, b=[run(1, 1.0)])["base"]["cells"]["loss"]["mean"] == 3.0
    assert board(a=quantised)["base"]["cells"]["loss"]["mean"] == 9.0


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        (["succeeded", "succeeded"], "done"),
        (["succeeded", "failed"], "partly"),
        (["failed", "cancelled"], "failed"),
        (["cancelled"], "stopped"),
        (["succeeded", "queued"], "waiting"),
        (["queued", "starting"], "running"),
    ],
)
def test_the_state_of_several_runs(statuses: list[str], word: str) -> None:
    assert state_of([RunState(n, n, status) for n, status in enumerate(statuses)]) == word


# ------------------------------------------------------------------ taking it away


def _rows() -> list[dict[str, Any]]:
    counts = {"trained": 1024, "changed": 65536, "rank": 8}
    runs = [run(1, 1.0, bytes=4_000_000), run(2, 1.5, bytes=4_000_000)]
    return leaderboard([Entered("a", "tuned", runs, counts)])


def test_csv_holds_every_number_and_no_formula() -> None:
    text = csv_text(_rows(), {"base": "Base", "a": "=HYPERLINK(1)"})
    base, tuned = list(csv.DictReader(io.StringIO(text)))
    assert (float(tuned["loss"]), tuned["loss_runs"], tuned["parameters_rank"]) == (1.25, "2", "8")
    assert float(tuned["loss_spread"]) == pytest.approx(math.sqrt(0.125), rel=1e-5)
    assert (float(base["loss"]), base["seconds"], base["parameters_rank"]) == (3.0, "", "")
    assert tuned["entrant"] == "'=HYPERLINK(1)"


def test_markdown_is_one_table_whatever_the_names_hold() -> None:
    labels = {"base": "Base", "a": "x | y\n# z"}
    text = markdown_text(_rows(), labels, lambda key: key, "Two\nlines", [("Data", "a\nb")])
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert {line.replace("\\|", "").count("|") for line in table} == {len(shown_measures(_rows())) + 5}
    assert "**1.2500 ± 0.3536**" in text
    assert text.startswith("# Two lines\n\n- Data: a b\n")
