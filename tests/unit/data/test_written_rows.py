"""Single cases of writing rows back: wordings, rows that do not fit, formulas, columns of several types."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine.core.cells import disarmed_line
from engine.data.readers import csv_reader as strict
from engine.data.writers.excel import Sheet, write_xlsx
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


FORMULAS = (
    "=1+1", "+1", "-1", "- a point", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "'=1", "''=1", "'", "''", "'plain", "plain",
    "a=b", "=cmd|' /C calc'!A0", '=HYPERLINK("x";"y")', "'+", "",
)  # fmt: skip


def test_formulas_are_disarmed_and_come_back_as_they_were(tmp_path: Path) -> None:
    records: Table = [{"=a": text, "b": -1} for text in FORMULAS]
    columns = {"=a": ColumnSurvey(), "b": ColumnSurvey()}
    for safe in (False, True):
        write_csv(tmp_path / "t.csv", records, columns, safe=safe, bom=safe)
        table = read_csv(tmp_path / "t.csv")
        assert {row["b"] for row in table} == {"-1"}, "a number is none"
        risky = [
            cell
            for row in table
            for cell in (*row, row["'=a" if safe else "=a"])
            if cell[:1] in set("=+-@\t\r\n＝＋－＠")
        ]
        assert bool(risky) != safe
        assert [
            one.values["=a"] for one in strict.read_csv(tmp_path / "t.csv", "utf-8-sig", {"delimiter": ","})
        ] == list(FORMULAS)


@pytest.mark.parametrize(("line", "expected"), [
    ("a,b", "a,b"),
    ('=1,"@x, y",-', "'=1,\"'@x, y\",'-"),
    ('a,"b,=c"', 'a,"b,=c"'),
    ('"two\nlines",=x', '"two\nlines",\'=x'),
    ('=1,"open', "'=1,\"open"),
    ('"=x"y,+1,\'-2', "\"'=x\"y,'+1,''-2"),
    ("", ""),
])  # fmt: skip
def test_rejected_rows_are_disarmed_as_they_stand(line: str, expected: str) -> None:
    assert disarmed_line(line, ",") == expected


@pytest.mark.parametrize("end", ["", "\r\n", "\n\n\n"])
def test_apostrophes_of_others_stay(tmp_path: Path, end: str) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\r\n'=1,''x\r\n" + end.encode())
    assert [one.values for one in strict.read_csv(tmp_path / "t.csv", "utf-8", {"delimiter": ","})] == [
        {"a": "'=1", "b": "''x"}
    ]


def test_texts_of_a_book_stay_texts_when_they_are_edited(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    texts = [text for text in FORMULAS if text]
    write_xlsx(tmp_path / "t.xlsx", [Sheet("s", ["=head"], [[text] for text in texts])])
    cells = [row[0] for row in load_workbook(tmp_path / "t.xlsx")["s"].iter_rows()]
    assert [(cell.data_type, cell.value) for cell in cells] == [("s", text) for text in ["=head", *texts]]
    assert [cell.quotePrefix for cell in cells if cell.value in ("=head", "=1+1", "@SUM(A1)", "'=1", "plain")] == [
        True, True, True, True, False]  # fmt: skip


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
