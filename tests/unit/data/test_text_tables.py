"""Text tables: a first line `sep=`, quotes in each of their three ways, a first line that is data, a header that comes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.detection.detect_upload import DetectedUpload, detect_upload
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases" / "data"
TWO = [("Q1", "A1"), ("Q2", "A2")]


def found(folder: Path, text: str, name: str, **options: str) -> DetectedUpload:
    path = folder / name
    path.write_bytes(text.encode())
    return detect_upload(path, name, options=options)


def values(source: DetectedUpload) -> list[list[str]]:
    return [list(item.values.values()) if hasattr(item, "values") else [item.code] for item in source.records()]


def codes(source: DetectedUpload) -> list[str]:
    return [note["code"] for note in source.notes if note["what"] == "format"]


# ------------------------------------------------------------------ sep=


def test_the_case_of_a_line_that_names_the_separator(tmp_path: Path) -> None:
    source = found(tmp_path, (CASES / "sep_line_semicolon.csv").read_text(), "a.csv")
    assert source.columns == ["Frage", "Antwort"]
    assert [item.line for item in source.records()] == [3, 4, 5]
    assert values(source)[0] == ["Was kostet es?", "3,50 Euro"]


@pytest.mark.parametrize(
    "text",
    ["sep=^\nprompt^completion\nQ1^A1\nQ2^A2\n", "\ufeffSEP=,\r\nprompt,completion\r\nQ1,A1\r\nQ2,A2\r\n", '"sep=;"\nprompt;completion\nQ1;A1\nQ2;A2\n',
     "sep=\\t\nprompt\tcompletion\nQ1\tA1\nQ2\tA2\n", "\nsep=|\n\nprompt|completion\nQ1|A1\nQ2|A2\n"],
)  # fmt: skip
def test_any_separator_can_be_named(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, text.encode(), "a.csv")
    assert (result.pairs, result.rejected) == (TWO, [])
    assert "format.sep_line" in codes(result.source)


def test_a_sentence_about_it_is_no_such_line(tmp_path: Path) -> None:
    source = found(tmp_path, "sep=; is what Excel wants,completion\nQ1,A1\nQ2,A2\n", "a.csv")
    assert source.columns == ["sep=; is what Excel wants", "completion"]


# ------------------------------------------------------------------ quotes


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"say \\"hi\\", then go","A1"\n"b","A2"\n', [['say "hi", then go', "A1"], ["b", "A2"]]),
        ('"a \\"","A\\\\1"\n"line\none \\" x","C:\\new"\n', [['a "', "A\\1"], ['line\none " x', "C:\\new"]]),
        ("plain \\\"q\\\" text,A1\n\"x \\\"y\\\"\",A2\n", [['plain "q" text', "A1"], ['x "y"', "A2"]]),
    ],
)  # fmt: skip
def test_quotes_behind_a_backslash_are_proposed(tmp_path: Path, body: str, expected: list[list[str]]) -> None:
    source = found(tmp_path, "prompt,completion\n" + body, "a.csv")
    assert (values(source), source.options["quoting"]) == (expected, "backslash")
    assert "format.quotes_backslash" in codes(source)


def test_a_backslash_at_the_end_of_texts_is_no_such_sign(tmp_path: Path) -> None:
    source = found(tmp_path, 'prompt,completion\n"C:\\","a ""b"""\n"D:\\","c"\n', "a.csv")
    assert (values(source), source.options["quoting"]) == ([["C:\\", 'a "b"'], ["D:\\", "c"]], "doubled")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('prompt, completion\n"a, b", "c, d"\n"e", "f"\n', [["a, b", "c, d"], ["e", "f"]]),
        ('"prompt"; "completion"\n"a"; "say ""x"""\nb; c\n', [["a", 'say "x"'], ["b", "c"]]),
        ('prompt, completion\n"a",  "two\nlines"\n', [["a", "two\nlines"]]),
    ],
)
def test_a_space_before_quotes_is_no_part_of_a_text(tmp_path: Path, text: str, expected: list[list[str]]) -> None:
    source = found(tmp_path, text, "a.csv")
    assert (values(source), source.options["quoting"], source.columns) == (expected, "spaced", ["prompt", "completion"])
    assert "format.quotes_spaced" in codes(source)


@pytest.mark.parametrize(
    "body", ['"He said, ""hi"", twice",A1\n', 'he,"a, ""b"", c"\n', 'x, y "z"\n', '"a"," ""b"" "\n']
)
def test_a_space_and_a_quote_within_a_text_stay(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, "prompt,completion\n" + body, "a.csv").options["quoting"] == "doubled"


def test_the_way_of_quotes_can_be_chosen(tmp_path: Path) -> None:
    text = 'prompt,completion\n"a",b\n'
    assert values(found(tmp_path, text, "a.csv", quoting="plain")) == [['"a"', "b"]]
    assert values(found(tmp_path, text, "a.csv", quoting="no such way")) == [["a", "b"]]


TSV = {
    "swallow": ('"Hm\tA1\nQ2\tsaid "no"\nQ3"\tA3\n', [['"Hm', "A1"], ["Q2", 'said "no"'], ['Q3"', "A3"]], "plain"),
    "whole-cells": ('"Yes"\tA1\nQ2\t"No"\n', [['"Yes"', "A1"], ["Q2", '"No"']], "plain"),
    "inches": ('5"\tA1\nQ2\t"6""\n', [['5"', "A1"], ["Q2", '"6""']], "plain"),
    "a-column-in-quotes": ('"Q1"\tA1\n"Q2"\tA2\n', [["Q1", "A1"], ["Q2", "A2"]], "doubled"),
    "line-ends-in-quotes": ('"two\nlines"\tA1\nQ2\tA2\n', [["two\nlines", "A1"], ["Q2", "A2"]], "doubled"),
    "doubled": ('"a ""b"""\tA1\nQ2\tA2\n', [['a "b"', "A1"], ["Q2", "A2"]], "doubled"),
    "tabs-in-quotes": ('"a\tb"\tA1\nQ2\tA2\n', [["a\tb", "A1"], ["Q2", "A2"]], "doubled"),
}  # fmt: skip


@pytest.mark.parametrize("name", TSV)
def test_quotes_of_a_tsv_swallow_no_line(tmp_path: Path, name: str) -> None:
    body, expected, quoting = TSV[name]
    source = found(tmp_path, "prompt\tcompletion\n" + body, "a.tsv")
    assert (values(source), source.options["quoting"]) == (expected, quoting)
    assert ("format.quotes_plain" in codes(source)) == (quoting == "plain")


def test_a_quote_far_down_swallows_no_line_either(tmp_path: Path) -> None:
    rows = [f"Q{number}\tA{number}" for number in range(1_000)]
    rows[500], rows[700] = '"Q500\tA500', 'Q700\tA700"'
    assert len(values(found(tmp_path, "prompt\tcompletion\n" + "\n".join(rows), "a.tsv"))) == 1_000


# ------------------------------------------------------------------ headers


def test_the_first_line_is_data_where_it_is_chosen(tmp_path: Path) -> None:
    text = "What is it?,A dog.\nAnd this?,A cat.\n"
    asked = found(tmp_path, text, "a.csv")
    assert "format.header_doubtful" in codes(asked)
    source = found(tmp_path, text, "a.csv", header="none")
    assert (source.columns, values(source)) == (["#1", "#2"], [["What is it?", "A dog."], ["And this?", "A cat."]])


def test_names_of_columns_are_not_doubted(tmp_path: Path) -> None:
    for head in ("prompt,completion", "Frage,Antwort", "id,Title of the text"):
        assert codes(found(tmp_path, head + "\na,b\nc,d\n", "a.csv")) == ["format.delimited"]


def test_a_header_that_comes_again_is_named_and_no_row(tmp_path: Path) -> None:
    text = "prompt,completion\nQ1,A1\n prompt,completion \nQ2,A2\nprompt,other\nPrompt,COMPLETION\n"
    result = run(tmp_path, text.encode())
    assert result.pairs == [*TWO, ("prompt", "other")]
    again = "data.row.header_again"
    assert [(row["line"], row["code"]) for row in result.rejected] == [(3, again), (6, again)]
    single = found(tmp_path, "text\na\ntext\n", "a.csv")
    assert values(single) == [["a"], ["text"]]
