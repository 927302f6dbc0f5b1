"""Definitions, calls and results of tools come in many forms and become one; what cannot be told is refused with the row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.data.pipeline import Result, run

CASES = Path(__file__).parents[2] / "cases" / "data"
DEFINED = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}  # fmt: skip


def talk(arguments: Any, result: Any = "rain", tools: Any = None, **call: Any) -> dict[str, Any]:
    made = {"type": "function", "function": {"name": "weather", "arguments": arguments}, **call}
    return {
        "messages": [
            {"role": "user", "content": "Oslo?"},
            {"role": "assistant", "content": None, "tool_calls": [made]},
            {"role": "tool", "content": result},
            {"role": "assistant", "content": "Rain."},
        ],
        "tools": [DEFINED] if tools is None else tools,
    }


def read(folder: Path, *rows: Any) -> Result:
    usual = [talk({"city": f"Rome {n}"}) for n in range(20)]
    lines = [row if isinstance(row, str) else json.dumps(row) for row in (*rows, *usual)]
    return run(folder, "\n".join(lines).encode() + b"\n")


def arguments_of(row: dict[str, Any]) -> Any:
    return row["messages"][1]["tool_calls"][0]["function"]["arguments"]


def test_the_case_of_arguments(tmp_path: Path) -> None:
    found = run(tmp_path, (CASES / "tool_arguments.jsonl").read_bytes())
    assert [(row["line"], arguments_of(row)) for row in found.rows] == [
        (1, {"city": "Oslo"}),
        (2, {"city": "Oslo"}),
        (3, {"city": "Oslo"}),
        (4, {}),
        (5, {}),
    ]
    assert [(row["line"], row["code"]) for row in found.rejected] == [
        (6, "data.turn.arguments"),
        (7, "data.tools.doubled_key"),
        (8, "data.tools.not_finite"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        {"city": "Ålesund \"x\"\n", "n": 9007199254740993, "deep": {"a": [None, True, 1.5]}},
        json.dumps({"city": "Ålesund \"x\"\n", "n": 9007199254740993, "deep": {"a": [None, True, 1.5]}}),
        json.dumps(json.dumps({"city": "Ålesund \"x\"\n", "n": 9007199254740993, "deep": {"a": [None, True, 1.5]}})),
        " " + json.dumps({"city": "Ålesund \"x\"\n", "n": 9007199254740993, "deep": {"a": [None, True, 1.5]}}, indent=1),
    ],
)  # fmt: skip
def test_arguments_as_object_as_text_and_as_text_of_a_text_are_the_same(tmp_path: Path, written: Any) -> None:
    found = read(tmp_path, talk(written))
    assert arguments_of(found.rows[0]) == {
        "city": 'Ålesund "x"\n',
        "n": 9007199254740993,
        "deep": {"a": [None, True, 1.5]},
    }
    assert not found.rejected


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ({"name": "weather", "args": {"city": "Oslo"}, "id": "x"}, {"city": "Oslo"}),
        ({"type": "tool_use", "name": "weather", "input": {"city": "Oslo"}}, {"city": "Oslo"}),
        ({"name": "weather", "parameters": {"city": "Oslo"}}, {"city": "Oslo"}),
        ({"function": {"name": "weather", "arguments": None, "parameters": None}}, {}),
        ({"name": "weather"}, {}),
        ({"name": "weather", "params": {"city": "Oslo"}}, None),  # lost without a word, were it read as no arguments
    ],
)
def test_arguments_are_read_wherever_they_stand_or_refused(tmp_path: Path, call: Any, arguments: Any) -> None:
    row = talk({})
    row["messages"][1]["tool_calls"] = [call]
    found = read(tmp_path, row)
    if arguments is None:
        assert [(row["line"], row["code"]) for row in found.rejected] == [(1, "data.turn.arguments")]
    else:
        assert arguments_of(found.rows[0]) == arguments


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('{"a": {"b": 1, "b": 2}}', "data.tools.doubled_key"),
        ('"{\\"a\\": 1, \\"a\\": 1}"', "data.tools.doubled_key"),
        ('{"t": [Infinity]}', "data.tools.not_finite"),
        ('{"t": -Infinity}', "data.tools.not_finite"),
        ('{"t": 1e999}', "data.tools.not_finite"),
        ("[1, 2]", "data.turn.arguments"),
        ('{"t": 1', "data.turn.arguments"),
        ("{'t': 1}", "data.turn.arguments"),
        (3, "data.turn.arguments"),
    ],
)
def test_arguments_that_nobody_can_tell_reject_their_row_alone(tmp_path: Path, written: Any, code: str) -> None:
    found = read(tmp_path, talk(written))
    assert [(row["line"], row["code"]) for row in found.rejected] == [(1, code)]
    assert len(found.rows) == 20


def test_a_number_that_is_none_in_an_object_rejects_the_row(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(talk({"t": float("nan")})), json.dumps(talk({"t": [float("inf")]})))
    assert [row["code"] for row in found.rejected] == ["data.tools.not_finite"] * 2


@pytest.mark.parametrize(
    "tools",
    [
        [DEFINED],
        [DEFINED["function"]],
        json.dumps([DEFINED]),
        json.dumps(json.dumps([DEFINED])),
        [json.dumps(DEFINED)],
        [{"type": "function", "function": {**DEFINED["function"], "parameters": json.dumps(DEFINED["function"]["parameters"])}}],  # type: ignore[dict-item]
        [{"name": "weather", "description": "d", "input_schema": DEFINED["function"]["parameters"]}],  # type: ignore[index]
        [{"type": "function", "function": {**DEFINED["function"], "strict": None, "parameters": {"type": "object", "required": None, "properties": {"city": {"type": "string", "enum": None}, "other": None}}}}],  # type: ignore[dict-item]
    ],
)  # fmt: skip
def test_definitions_come_in_many_forms_and_without_members_that_are_null(tmp_path: Path, tools: Any) -> None:
    found = read(tmp_path, talk({}, tools=tools))
    assert found.rows[0]["tools"] == [DEFINED]


@pytest.mark.parametrize(
    ("tools", "code"),
    [
        ('[{"name": "f", "name": "g"}]', "data.tools.doubled_key"),
        ('[{"name": "f", "parameters": {"maximum": Infinity}}]', "data.tools.not_finite"),
        ([{"name": "f", "parameters": '{"a": 1, "a": 2}'}], "data.tools.doubled_key"),
    ],
)
def test_definitions_that_nobody_can_tell_reject_their_row(tmp_path: Path, tools: Any, code: str) -> None:
    found = read(tmp_path, talk({}, tools=tools))
    assert [(row["line"], row["code"]) for row in found.rejected] == [(1, code)]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"t": 3, "sky": "grå", "wind": None}, '{"t": 3, "sky": "grå", "wind": null}'),
        ([1, 1234567890123456789], "[1, 1234567890123456789]"),
        ([{"type": "text", "text": "ra"}, {"type": "text", "text": "in"}], "rain"),
        (True, "true"),
        (21.5, "21.5"),
        ([], "[]"),
        ("rain", "rain"),
        ("", ""),
    ],
)
def test_results_that_are_no_text_are_written_as_json(tmp_path: Path, result: Any, text: str) -> None:
    found = read(tmp_path, talk({"city": "Oslo"}, result))
    assert found.rows[0]["messages"][2] == {"role": "tool", "content": text}


def test_parquet_with_the_members_of_all_other_rows_equals_the_same_rows_as_jsonl(tmp_path: Path) -> None:
    typed = run(tmp_path, (CASES / "tools_with_schema_nulls.parquet").read_bytes())
    lines = run(tmp_path, (CASES / "tools_same_rows_as_jsonl.jsonl").read_bytes())
    assert [row | {"line": 0} for row in typed.rows] == [row | {"line": 0} for row in lines.rows]
    assert typed.rows
    assert not typed.rejected


def test_explicit_nulls_of_json_stay_and_those_of_a_schema_go_at_any_depth(tmp_path: Path) -> None:
    said = talk({"city": None, "where": {"lat": None}})
    found = read(tmp_path, said)
    assert arguments_of(found.rows[0]) == {"city": None, "where": {"lat": None}}
    rows = [talk({"city": "Oslo"}), talk({"where": {"lat": 1.5}}), talk({"list": [{"a": 1}, {"b": 2}]}), talk(None)]
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    typed = run(tmp_path, path.read_bytes())
    wanted = [{"city": "Oslo"}, {"where": {"lat": 1.5}}, {"list": [{"a": 1}, {"b": 2}]}, {}]
    assert [arguments_of(row) for row in typed.rows] == wanted
    assert all(row["tools"] == [DEFINED] for row in typed.rows)


def test_parquet_with_arguments_as_json_keeps_its_nulls(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist([talk('{"city": null}')]), path)
    assert [arguments_of(row) for row in run(tmp_path, path.read_bytes()).rows] == [{"city": None}]
