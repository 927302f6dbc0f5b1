"""Single cases of writing rows back: wordings, rows that do not fit, formulas, columns of several types."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine.data.writers.files import write_csv, write_parquet
from engine.data.writers.layout import ExportLayout, NotFit, own_layout, records_of
from engine.data.writers.original import original_layout
from engine.data.writers.survey import ColumnSurvey, survey
from tests.unit.data.pipeline import Result, run
from tests.unit.data.test_round_trip_export import Table, as_jsonl, read_csv


def rows_of(
    shape: str, mapping: Mapping[str, str], *table: dict[str, Any], **options: Any
) -> tuple[Result, ExportLayout]:
    with tempfile.TemporaryDirectory() as folder:
        result = run(Path(folder), as_jsonl(list(table)), "t.jsonl", shape=shape, mapping=dict(mapping), **options)
    assert result.rejected == []
    return result, original_layout(shape, mapping, result.source.columns, options.get("templates") or {})


def test_wordings_give_back_the_columns_that_they_were_made_of() -> None:
    table = [{"en": "cat", "zh": "猫"}, {"en": "dog", "zh": "狗"}]
    wording = {"prompt": ["Translate {en}"]}
    result, layout = rows_of("prompt_completion", {"completion": "zh"}, *table, templates=wording)
    assert [layout.record(row) for row in result.rows] == table


@pytest.mark.parametrize(
    "change",
    [
        {
            "messages": [{"role": "user", "content": "Other"}, {"role": "assistant", "content": "猫"}]
        },  # no wording makes it
        {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}] * 2},
        {"messages": [], "text": "only text"},
    ],
)
def test_rows_that_the_columns_cannot_hold_are_told(change: dict[str, Any]) -> None:
    wording = {"prompt": ["Translate {en}"]}
    result, layout = rows_of("prompt_completion", {"completion": "zh"}, {"en": "cat", "zh": "猫"}, templates=wording)
    with pytest.raises(NotFit):
        layout.record({**result.rows[0], **change})


def test_an_edited_question_goes_without_its_old_input() -> None:
    table = {"instruction": "Sum up", "input": "a long text", "output": "short"}
    result, layout = rows_of("alpaca", {key: key for key in table}, table)
    row = result.rows[0]
    assert row["messages"][0]["content"] == "Sum up\na long text"
    assert layout.record(row) == table
    row["messages"][0]["content"] = "Sum up in one word: a long text"
    assert layout.record(row) == {"instruction": "Sum up in one word: a long text", "input": None, "output": "short"}


def test_formulas_are_disarmed_only_on_request(tmp_path: Path) -> None:
    records: Table = [{"a": "=1+1", "b": -1}, {"a": "@SUM(A1)", "b": 2}, {"a": "plain", "b": None}]
    for safe, expected in ((False, ["=1+1", "@SUM(A1)", "plain"]), (True, ["'=1+1", "'@SUM(A1)", "plain"])):
        write_csv(tmp_path / "t.csv", records, {"a": ColumnSurvey(), "b": ColumnSurvey()}, safe=safe, bom=safe)
        table = read_csv(tmp_path / "t.csv")
        assert [row["b"] for row in table] == ["-1", "2", ""]
        assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf") == safe
        assert [row["a"] for row in table] == expected


def test_values_of_several_types_become_texts_in_parquet(tmp_path: Path) -> None:
    rows = [
        {"split": "train", "id": i, "text": "x", "extra": {"n": n}} for i, n in enumerate([1, "007", 2**70, True, 0.5])
    ]
    seen = survey(iter(rows), own_layout())
    assert (seen.columns["n"].type, seen.columns["n"].mixed, seen.columns["text"].mixed) == ("text", True, False)
    write_parquet(
        tmp_path / "t", records_of(own_layout(), iter(rows), "split"), {**seen.columns, "split": ColumnSurvey({"text"})}
    )
    assert pq.read_table(tmp_path / "t").column("n").to_pylist() == ["1", "007", str(2**70), "true", "0.5"]
