"""JSON with comments and commas too many is read where nothing is ambiguous; else the first row's own fault is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.errors import Fault
from engine.data.records.json_stream import JsonScanner
from engine.data.records.json_tolerant import tidied
from tests.unit.data.corpus import good, jsonl
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases" / "data"
TWO = [("Q1", "A1"), ("Q2", "A2")]
A, B = (json.dumps(good(number)) for number in (1, 2))
COMMA_A, COMMA_B = (one.replace("}", ",}") for one in (A, B))
LAID_OUT = [json.dumps(good(number), indent=2) for number in (1, 2)]


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("comments_in_json.json", TWO),
        ("trailing_commas.jsonl", [(f"Q{n}", f"A{n}") for n in range(5)]),
    ],
)
def test_the_cases_are_read(tmp_path: Path, name: str, pairs: list[tuple[str, str]]) -> None:
    data = (CASES / name).read_bytes()
    result = run(tmp_path, data, name)
    assert (result.pairs[: len(pairs)], result.rejected) == (pairs, [])


READ = {
    "comments-in-lines": f"/* all of it */\n// ours\n{A} // one\n{B}, // two\n// the end\n",
    "comment-over-lines": f"{A}\n/*\n{A}\n*/\n{B}\n",
    "comma-in-each-object": f"{COMMA_A}\n{COMMA_B}\n",
    "list-with-commas": f"[\n  {COMMA_A},\n  {COMMA_B},\n]\n",
    "list-with-comments": f'/* [ {{ */ [ // "quotes" ] }}\n{A}, /* , {{ */ {B} // end\n] // behind\n',
    "comments-within": '[{"prompt": "Q1", // the question, "quoted\n "completion": "A1" /* } */}, {"prompt": "Q2", "completion": "A2"}]',
    "member-with-commas": '{"version": 1, /* "data": [] */ "data": [' + f"{A}, {B},],}}",
    "member-behind-a-long-comment": f'/*\n ours\n*/\n{{"about": 1,\n"data": [{A},\n{B}]}}',
    "lines-behind-a-long-comment": f"/* ours\n * all\n */\n{A}\n{B}\n",
    "comment-before-a-colon": '{"data" /* rows */ : [{"prompt" // q\n: "Q1", "completion": "A1"}, ' + f"{B}]}}",
    "laid-out": "\n".join(LAID_OUT),
    "laid-out-with-commas": ",\n".join(LAID_OUT) + ",\n",
    "joined": A + B,
    "joined-on-lines": f"{A}{B}\n",
    "two-marks": f"\N{BYTE ORDER MARK}\N{BYTE ORDER MARK}[{A},\N{BYTE ORDER MARK}{B}]",
    "mark-before-comment": f"\N{BYTE ORDER MARK}// ours\n[{A},{B}]",
}


@pytest.mark.parametrize("name", READ)
def test_nothing_ambiguous_is_read(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, READ[name].encode(), "rows.json")
    assert (result.pairs, result.rejected) == (TWO, [])


def test_a_list_in_an_object_is_not_taken_for_objects_one_after_another(tmp_path: Path) -> None:
    for indent in (None, 0, 2):
        text = json.dumps({"about": {"n": 2}, "data": [good(1), good(2)]}, indent=indent)
        result = run(tmp_path, text.encode(), "rows.json")
        assert (result.pairs, result.source.options) == (TWO, {"key": "data"})


def test_a_broken_first_line_leaves_lines_lines(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl('{"prompt": ["x", "completion": 1}', good(1), good(2)), "rows.jsonl")
    assert (result.pairs, len(result.rejected), result.source.format) == (TWO, 1, "jsonl")


def test_addresses_and_marks_inside_texts_are_texts(tmp_path: Path) -> None:
    texts = ["see https://a.org/b // no comment", "a /* b */ c", "x,}", ", ]", "//", "C:\\\\", '\\"//\\"']
    rows = [{"prompt": text, "completion": text} for text in texts]
    for data in (jsonl(*rows), json.dumps(rows).encode(), ("// c\n" + json.dumps(rows, indent=1)[:-1] + ",]").encode()):
        result = run(tmp_path, data, "rows.json")
        assert (result.pairs, result.rejected) == ([(text, text) for text in texts], [])


@pytest.mark.parametrize(
    ("row", "near"),
    [
        ('{"prompt": "x",, "completion": "y"}', ","),
        ('{, "prompt": "x"}', ","),
        ('{"prompt": "x" "completion": "y"}', "completion"),
        ('{"prompt": "x", "completion": [,]}', ","),
        ("// ours {x}\t{", "{"),
    ],
)
def test_what_is_ambiguous_is_refused_where_it_stands(tmp_path: Path, row: str, near: str) -> None:
    if row.startswith("//"):
        row = '{"prompt": // ours'
    result = run(tmp_path, jsonl(good(1), row, good(2)), "rows.jsonl")
    assert result.pairs == TWO
    (rejected,) = result.rejected
    assert (rejected["code"], rejected["line"]) == ("data.json.malformed", 2)
    assert near in rejected["params"]["near"] or near == "{"


def test_a_row_with_wrong_quotes_swallows_no_other_by_an_address_in_it(tmp_path: Path) -> None:
    rows = f'[{A},{{"prompt": "see "http://x.org" there", "completion": "y"}},{B}]'
    result = run(tmp_path, rows.encode(), "rows.json")
    assert result.pairs == TWO
    assert len(result.rejected) == 1


def test_what_is_tidied_keeps_its_places() -> None:
    text = '{"a": "//", /* b\n */ "c": [1, 2,], // d\n}\n,'
    assert json.loads(tidied(text)) == {"a": "//", "c": [1, 2]}
    assert (len(tidied(text)), tidied(text).count("\n")) == (len(text), text.count("\n"))


def test_a_comment_without_end_is_none_and_ends_in_bounded_time() -> None:
    class Endless:
        left = 100

        def read(self, size: int) -> str:
            self.left -= 1
            return "/* " + "x" * size if self.left > 0 else ""

    stream = Endless()
    assert JsonScanner(stream).peek() == "/"
    assert stream.left == 99


def test_a_line_end_within_a_text_is_said_as_the_fault_of_the_first_row(tmp_path: Path) -> None:
    for rows in (1, 20):
        with pytest.raises(Fault) as caught:
            run(tmp_path, b'{"prompt": "Q", "completion": "A\n goes on"}\n' * rows, "rows.jsonl")
        assert (caught.value.code, caught.value.params["line"]) == ("data.file.no_good_rows", 1)
        assert "Not valid JSON" in caught.value.params["reason"]["en"]


@pytest.mark.parametrize("odd", ["null", "true", "false"])
def test_an_odd_first_element_costs_itself_alone(odd: str, tmp_path: Path) -> None:
    result = run(tmp_path, f'[{odd}, {{"prompt": "Q", "completion": "A"}}]'.encode(), "rows.json")
    assert (result.pairs, [one["code"] for one in result.rejected]) == ([("Q", "A")], ["data.json.not_object"])
