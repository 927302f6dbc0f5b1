"""Formats are found by content; what is read is exactly what stands in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.errors import Fault
from engine.data.readers.tables.headers import header_names
from tests.unit.data.corpus import good, jsonl, parquet, table
from tests.unit.data.pipeline import run

ROWS = [good(1), good(2), good(3)]
PAIRS = [("Q1", "A1"), ("Q2", "A2"), ("Q3", "A3")]


@pytest.mark.parametrize(
    ("data", "expected", "code", "lines"),
    [
        (jsonl(*ROWS), "jsonl", "format.jsonl", [1, 2, 3]),
        (b"\n\n" + jsonl(*ROWS).replace(b"\n", b"\r\n\r\n"), "jsonl", "format.jsonl", [3, 5, 7]),
        (jsonl(*ROWS).rstrip(), "jsonl", "format.jsonl", [1, 2, 3]),
        (json.dumps(ROWS).encode(), "json", "format.json_list", [1, 1, 1]),
        (json.dumps(ROWS, indent=2).encode(), "json", "format.json_list", [2, 6, 10]),
        (json.dumps(ROWS, indent=0).encode(), "json", "format.json_list", [2, 6, 10]),
        (json.dumps({"version": 1.5, "info": {"a": [1]}, "data": ROWS}).encode(), "json", "format.json_member", [1] * 3),
        (json.dumps({"tags": ["x", "y"], "rows": ROWS}, indent=1).encode(), "json", "format.json_member", [7, 11, 15]),
        (table("Q1,A1", "Q2,A2", "Q3,A3"), "csv", "format.delimited", [2, 3, 4]),
        (table("Q1;A1", "Q2;A2", "Q3;A3", head="prompt;completion"), "csv", "format.delimited", [2, 3, 4]),
        (table("Q1|A1", "Q2|A2", "Q3|A3", head="prompt|completion"), "csv", "format.delimited", [2, 3, 4]),
        (table("Q1\tA1", "Q2\tA2", "Q3\tA3", head="prompt\tcompletion"), "tsv", "format.delimited", [2, 3, 4]),
        (b"prompt,completion\rQ1,A1\rQ2,A2\rQ3,A3\r", "csv", "format.delimited", [2, 3, 4]),
        (parquet({"prompt": ["Q1", "Q2", "Q3"], "completion": ["A1", "A2", "A3"]}), "parquet", "format.parquet", [1, 2, 3]),
    ],
)  # fmt: skip
def test_format_by_content(tmp_path: Path, data: bytes, expected: str, code: str, lines: list[int]) -> None:
    result = run(tmp_path, data, "a name that says nothing")
    assert result.source.format == expected
    assert [note["code"] for note in result.source.notes if note["what"] == "format"] == [code]
    assert (result.pairs, result.rejected) == (PAIRS, [])
    assert [row["line"] for row in result.rows] == lines


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.txt", "x.exe"])
def test_a_wrong_ending_misleads_nobody(tmp_path: Path, name: str) -> None:
    assert run(tmp_path, jsonl(*ROWS), name).source.format == "jsonl"
    assert run(tmp_path, table("Q1,A1", "Q2,A2", "Q3,A3"), name).pairs == PAIRS


def test_cells_stay_the_text_they_are(tmp_path: Path) -> None:
    cells = ["007", "NA", "null", "1e5", "TRUE", "  padded  ", "2024-01-02", "=1+1", "-", "nan"]
    result = run(tmp_path, table(*[f"{cell},{cell}" for cell in cells]))
    assert result.pairs == [(cell, cell) for cell in cells]


def test_quoted_line_ends_are_kept_and_later_lines_counted(tmp_path: Path) -> None:
    result = run(tmp_path, b'prompt,completion\r\n"a\r\nb","c ""d"", e"\r\n\r\nQ2,A2\r\n')
    assert result.pairs == [("a\r\nb", 'c "d", e'), ("Q2", "A2")]
    assert [row["line"] for row in result.rows] == [2, 5]


def test_headers_empty_or_doubled_are_renamed_and_said(tmp_path: Path) -> None:
    result = run(tmp_path, table("Q1,x,A1,y", head="prompt,,completion,completion"))
    assert result.source.columns == ["prompt", "#2", "completion", "completion (2)"]
    said = [note["params"]["columns"] for note in result.source.notes if note["code"] == "columns.renamed"]
    assert said == ["#2, completion (2)"]
    assert result.pairs == [("Q1", "A1")]


def test_separator_inside_texts_does_not_mislead(tmp_path: Path) -> None:
    lines = [f'"one, two, three {i}";"four, five {i}"' for i in range(5)]
    mapping = {"prompt": "frage", "completion": "antwort"}
    result = run(tmp_path, table(*lines, head="frage;antwort"), "x", shape="prompt_completion", mapping=mapping)
    assert result.pairs[4] == ("one, two, three 4", "four, five 4")


def test_prose_is_text_by_paragraphs(tmp_path: Path) -> None:
    data = b"\r\n\r\n First, a line.\r\nAnd one more, here.\r\n\r\n \r\nSecond, paragraph.\n"
    result = run(tmp_path, data, "book.txt")
    assert [note["code"] for note in result.source.notes] == ["encoding.ascii", "format.txt_paragraph", "shape.text"]
    assert result.texts == [" First, a line.\r\nAnd one more, here.", "Second, paragraph."]
    assert [row["line"] for row in result.rows] == [3, 7]


def test_text_without_blank_lines_is_a_row_a_line(tmp_path: Path) -> None:
    result = run(tmp_path, "灯。\n月。\n\n".encode(), "x")
    assert (result.source.options["unit"], result.texts) == ("line", ["灯。", "月。"])


@pytest.mark.parametrize(
    "start", ["PAR1 is the first part.", "BZh, he said.", "GGUF files are weights.", "ORC means monster."]
)
def test_letters_of_a_binary_mark_are_just_text(tmp_path: Path, start: str) -> None:
    assert run(tmp_path, f"{start}\nSecond line.\n".encode()).texts == [start, "Second line."]


def test_one_column_table_is_told_by_its_name_alone(tmp_path: Path) -> None:
    result = run(tmp_path, b"text\nOne.\nTwo.\n", "x.csv")
    assert result.texts == ["One.", "Two."]
    assert "format.one_column" in [note["code"] for note in result.source.notes]


def test_single_row_files(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}]
    assert run(tmp_path, json.dumps({"messages": turns}).encode()).pairs == [("Q1", "A1")]
    assert run(tmp_path, jsonl(good(1))).pairs == [("Q1", "A1")]
    assert run(tmp_path, json.dumps([good(1)]).encode()).pairs == [("Q1", "A1")]


def test_nan_and_huge_numbers_elsewhere_do_no_harm(tmp_path: Path) -> None:
    rows = '[{"prompt": "Q1", "completion": "A1", "score": NaN, "n": 1e999, "big": 123456789012345678901234567890}]'
    assert run(tmp_path, rows.encode()).pairs == [("Q1", "A1")]


def test_brackets_and_quotes_inside_texts(tmp_path: Path) -> None:
    texts = ['"]},{[', "\\", '\\"', "{", "a\nb", "x\u2028", "💡"]
    rows = [{"prompt": text, "completion": text} for text in texts]
    for data in (json.dumps(rows), json.dumps(rows, indent=3, ensure_ascii=False), json.dumps({"x": rows})):
        assert run(tmp_path, data.encode()).pairs == [(text, text) for text in texts]


def test_one_endless_line(tmp_path: Path) -> None:
    rows = [{"prompt": f"Q{i}", "completion": "}" * 2_000} for i in range(3_000)]
    result = run(tmp_path, json.dumps({"rows": rows}).encode())
    assert (result.source.format, len(result.rows), result.rejected) == ("json", 3_000, [])


def test_nested_parquet(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Q1"}, {"from": "gpt", "value": "A1"}]
    result = run(tmp_path, parquet({"conversations": [turns], "id": [1]}))
    assert (result.source.shape, result.pairs) == ("sharegpt", [("Q1", "A1")])


def test_parquet_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.data.readers.parquet_reader.MAX_ROWS", 100)
    data = parquet({"text": ["a"] * 101})
    with pytest.raises(Fault) as caught:
        run(tmp_path, data)
    assert (caught.value.code, caught.value.params["rows"]) == ("data.parquet.too_large", 101)


def test_a_great_many_blank_lines_and_columns_take_no_time(tmp_path: Path) -> None:
    """Would run for hours if each were compared with all before it."""
    result = run(tmp_path, b"\n" * 60_000 + table("Q1,A1"))
    assert (result.pairs, result.rows[0]["line"]) == ([("Q1", "A1")], 60_002)
    names = header_names(["a", "", "a (2)", "a", *["b"] * 50_000])
    assert names[:6] + names[-1:] == ["a", "#2", "a (2)", "a (3)", "b", "b (2)", "b (50000)"]
