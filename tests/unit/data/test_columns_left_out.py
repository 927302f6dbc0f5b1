"""What is given along with a question is learnt with it; a column that is left out is told with its numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.data.detection.detect_upload import DetectedUpload, detect_upload
from engine.data.importing.import_rows import Preview, preview
from engine.data.schema.guess import mappings_by_name
from engine.data.schema.left_out import LeftOutColumn
from engine.data.writers.original import original_layout
from tests.unit.data.corpus import jsonl
from tests.unit.data.pipeline import run

ROWS = 300
FILLED = 39


def sheet(*columns: str) -> bytes:
    """An Excel file in which only some rows have something in the middle columns."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(columns)
    for n in range(ROWS):
        between = [f"{name} {n} says more" if n % 7 == 3 and n < 7 * FILLED else None for name in columns[1:-1]]
        page.append([f"Question {n}?", *between, f"Answer {n}."])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def looked(folder: Path, data: bytes, **changes: Any) -> tuple[DetectedUpload, Preview]:
    path = folder / "upload"
    path.write_bytes(data)
    source = detect_upload(path, "data")
    shape, mapping = changes.get("shape", source.shape), changes.get("mapping", source.mapping)
    return source, preview(source, shape, mapping, 5, changes.get("templates"))


def test_a_supplement_in_some_rows_is_learnt_with_the_question(tmp_path: Path) -> None:
    result = run(tmp_path, sheet("问题", "补充", "回答"))
    assert len(result.rows) == ROWS
    asked = [question for question, _answer in result.pairs]
    assert sum("says more" in question for question in asked) == FILLED
    assert asked[3] == "Question 3?\n补充 3 says more"
    assert asked[4] == "Question 4?"


def test_a_column_that_is_left_out_is_counted(tmp_path: Path) -> None:
    mapping = {"prompt": "问题", "completion": "回答"}
    _source, found = looked(tmp_path, sheet("问题", "补充", "回答"), mapping=mapping)
    assert found.left_out == [LeftOutColumn("补充", FILLED, "text")]
    assert (found.checked, found.whole) == (ROWS, True)
    _source, found = looked(tmp_path, sheet("问题", "补充", "回答"))
    assert found.left_out == []


def test_what_a_column_looks_like_is_told(tmp_path: Path) -> None:
    rows = [
        {
            "question": f"What is {n}?", "id": f"q-{n}", "topic": "ab"[n % 2], "date": f"2024-05-{n % 28 + 1:02}", "score": n / 7,
            "said": f"She said {n}, not more", "blank": " ", "tags": [], "parts": [n], "extra long": "x y " * 900 if n == 4 else None,
            "answer": "Yes.",
        }
        for n in range(620)
    ]  # fmt: skip
    _source, found = looked(tmp_path, jsonl(*rows))
    assert [(one.column, one.rows, one.reads) for one in found.left_out] == [
        ("said", 500, "text"),
        ("extra long", 1, "text"),
        ("parts", 500, "nested"),
        ("topic", 500, "label"),
        ("id", 500, "number"),
        ("date", 500, "number"),
        ("score", 500, "number"),
    ]
    assert (found.checked, found.whole) == (500, False)


def test_several_supplements_are_joined_line_by_line(tmp_path: Path) -> None:
    mapping = {"prompt": "问题", "completion": "回答"}
    rows = [
        {"问题": "Q0", "补充": "one", "备注": "two\nthree", "回答": "A"},
        {"问题": "Q1", "补充": "", "备注": "two", "回答": "A"},
        {"问题": "Q2", "补充": "one", "备注": None, "回答": "A"},
        {"问题": "Q3", "补充": " ", "备注": None, "回答": "A"},
    ]
    templates = {"input": ["{补充}\n备注：{备注}"]}
    result = run(tmp_path, jsonl(*rows), shape="prompt_completion", mapping=mapping, templates=templates)
    assert [question for question, _answer in result.pairs] == [
        "Q0\none\n备注：two\nthree", "Q1\n备注：two", "Q2\none", "Q3",
    ]  # fmt: skip
    layout = original_layout("prompt_completion", mapping, list(rows[0]), templates)
    assert [layout.record(row) for row in result.rows] == rows


@pytest.mark.parametrize(
    ("shape", "mapping", "row"),
    [
        ("prompt_completion", {"prompt": "q", "completion": "a", "input": "more"}, {"q": "Q", "a": "A", "more": "M"}),
        ("qa_context", {"context": "c", "question": "q", "answer": "a", "input": "more"}, {"c": "C", "q": "Q", "a": "A", "more": "M"}),
        ("classification", {"text": "q", "label": "l", "input": "more"}, {"q": "Q", "l": "L", "more": "M"}),
        ("preference", {"prompt": "q", "chosen": "a", "rejected": "b", "input": "more"}, {"q": "Q", "a": "A", "b": "B", "more": "M"}),
        ("kto", {"prompt": "q", "completion": "a", "label": "l", "input": "more"}, {"q": "Q", "a": "A", "l": True, "more": "M"}),
    ],
)  # fmt: skip
def test_every_shape_with_a_question_takes_more_and_gives_it_back(
    tmp_path: Path, shape: str, mapping: dict[str, str], row: dict[str, Any]
) -> None:
    rows = [row, {**row, "q": "Alone", "more": None}]
    result = run(tmp_path, jsonl(*rows), shape=shape, mapping=mapping)
    asked = [(one.get("messages") or one["prompt"])[0]["content"] for one in result.rows]
    assert asked == ["C\n\nQ\nM" if "c" in row else "Q\nM", "C\n\nAlone" if "c" in row else "Alone"]
    layout = original_layout(shape, mapping, list(row), {})
    assert [layout.record(one) for one in result.rows] == rows


def test_pairs_of_whole_conversations_stay_as_they_are(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "Q"}
    sides = {side: [asked, {"role": "assistant", "content": side}] for side in ("chosen", "rejected")}
    mapping = {"prompt": "q", "chosen": "chosen", "rejected": "rejected", "input": "more"}
    result = run(tmp_path, jsonl({"q": "Q", "more": "M", **sides}), shape="preference", mapping=mapping)
    assert result.rows[0]["prompt"] == [asked]


def test_names_alone_map_what_another_shape_needs() -> None:
    found = mappings_by_name(["指令", "补充", "回答", "标签"])
    assert found["alpaca"] == {"instruction": "指令", "input": "补充", "output": "回答"}
    assert found["kto"] == {"prompt": "指令", "completion": "回答", "input": "补充", "label": "标签"}
    assert found["classification"] == {"label": "标签", "input": "补充"}
