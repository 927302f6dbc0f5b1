"""Files of OpenAI's fine-tuning: chat, preference, reinforcement, whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.operations.repairs.editing import edited
from engine.data.rows.row import content_of, kind_of
from engine.data.schema.declared import SHAPES
from engine.data.writers.layout import own_layout
from engine.data.writers.original import original_layout
from engine.objectives import OBJECTIVES
from tests.unit.data.corpus import jsonl
from tests.unit.data.pipeline import Result, run
from tests.unit.data.test_round_trip_export import FORMATS, write

CASES = Path(__file__).parents[2] / "cases" / "data"
USER = {"role": "user", "content": "Q"}
SAID = {"role": "assistant", "content": "A"}
TOOL = {
    "type": "function",
    "function": {"name": "lamp", "description": "", "parameters": {"type": "object", "properties": {}}},
}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "lamp", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "on"}


def test_chat(tmp_path: Path) -> None:
    row = {
        "messages": [{"role": "developer", "content": "S"}, USER, CALL, RESULT, SAID],
        "tools": [TOOL],
        "parallel_tool_calls": False,
    }
    (made,) = run(tmp_path, jsonl(row)).rows
    assert made["tools"] == [TOOL]
    assert made["extra"] == {"parallel_tool_calls": False}
    assert [one["role"] for one in made["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    bare = {"messages": [USER, SAID], "functions": [TOOL["function"]]}
    assert run(tmp_path, jsonl(bare)).rows[0]["tools"] == [TOOL]


def test_a_refusal_is_what_was_said(tmp_path: Path) -> None:
    row = {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}]}
    assert run(tmp_path, jsonl(row)).rows[0]["messages"][1] == {"role": "assistant", "content": "No."}


def test_the_preference_file(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "openai_preference.jsonl").read_bytes())
    assert (result.source.shape, len(result.rows), result.rejected) == ("preference", 4, [])
    assert content_of(result.rows[0]) == {
        "prompt": [{"role": "user", "content": "Q0"}],
        "chosen": [{"role": "assistant", "content": "Good."}],
        "rejected": [{"role": "assistant", "content": "Bad."}],
    }
    assert result.rows[0]["extra"] == {"parallel_tool_calls": True}


def test_preferences_with_tools(tmp_path: Path) -> None:
    asked = {"messages": [{"role": "system", "content": "S"}, USER, CALL, RESULT], "tools": [TOOL]}
    row = {"input": asked, "preferred_output": [SAID], "non_preferred_output": [{"role": "assistant", "content": "B"}]}
    result = run(tmp_path, jsonl(row, row, row | {"input": {"messages": [USER], "tools": {"a": 1}}}))
    assert result.rows[0]["tools"] == [TOOL]
    assert [one["role"] for one in result.rows[0]["prompt"]] == ["system", "user", "assistant", "tool"]
    assert [(one["code"], one["line"]) for one in result.rejected] == [("data.tools.no_list", 3)]
    assert_there_and_back(result, "preference", tmp_path)


ITEMS: list[dict[str, Any]] = [
    {"messages": [USER], "reference_answer": {"value": 4, "unit": "kg"}, "difficulty": "easy"},
    {
        "messages": [{"role": "system", "content": "S"}, USER, SAID, USER],
        "reference_answer": {"value": 5, "unit": None},
        "difficulty": "hard",
    },
    {"messages": [USER], "reference_answer": {"value": 2**70, "unit": "g"}, "difficulty": "easy"},
]


def test_reinforcement_items(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(*ITEMS, {"messages": [USER, SAID], "reference_answer": {}}))
    assert result.source.shape == "prompt"
    assert [(row["code"], row["line"]) for row in result.rejected] == [("data.turn.answered", 4)]
    assert [row["reference"] for row in result.rows] == [
        {k: v for k, v in item.items() if k != "messages"} for item in ITEMS
    ]
    assert {kind_of(row) for row in result.rows} == {"prompt"}
    assert "extra" not in result.rows[0]
    assert_there_and_back(result, "prompt", tmp_path)


def assert_there_and_back(result: Result, shape: str, folder: Path) -> None:
    """Our own form and the original columns, imported again: the same rows."""
    mapping = result.source.mapping
    for layout in (own_layout(), original_layout(shape, mapping, result.source.columns, {})):
        path = folder / "back"
        write(path, "jsonl", layout, result.rows)
        again = run(folder, path.read_bytes(), "back.jsonl")
        assert (again.source.shape, again.rejected) == (shape, [])
        assert [content_of(row) for row in again.rows] == [content_of(row) for row in result.rows]


@pytest.mark.parametrize("format_", FORMATS)
def test_items_in_our_own_form_and_every_format(format_: str, tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(*ITEMS))
    write(tmp_path / "own", format_, own_layout(), result.rows)
    again = run(tmp_path, (tmp_path / "own").read_bytes(), f"own.{format_}")
    assert (again.source.shape, again.rejected) == ("prompt", [])
    assert [content_of(row) for row in again.rows] == [content_of(row) for row in result.rows]


@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        ([{"messages": [USER], "answer": "4"}] * 3, "prompt"),
        ([{"prompt": [USER], "ground_truth": "4", "data_source": "x"}] * 3, "prompt"),
        ([{"prompt": [USER], "answer": "4"}] * 3, "prompt_completion"),
        ([{"messages": [USER, SAID, USER], "id": 1}] * 3, "messages"),  # a dialogue that was cut
        ([{"messages": [USER]}] * 3, "messages"),
        ([{"messages": [USER, SAID], "reference": {"a": 1}}] * 3, "messages"),
    ],
)
def test_what_an_item_is(rows: list[dict[str, Any]], shape: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(jsonl(*rows))
    from engine.data.detection.detect_upload import detect_upload

    assert detect_upload(tmp_path / "a", "a.jsonl").shape == shape


def test_only_what_writes_answers_itself_learns_from_items_and_the_others_say_why() -> None:
    for objective in OBJECTIVES:
        assert ("prompt" in objective.learns_from) == (objective.online is not None)
        if objective.online is not None:
            continue
        fault = objective.unfit_fault("prompt", "x")
        assert fault is not None
        assert fault["code"] in ("job.dataset_prompt", "job.dataset_unfit")
    assert "prompt" in {shape.kind for shape in SHAPES}


def test_an_item_is_edited_by_hand() -> None:
    row = {"id": 1, "split": "train", "line": 1, "prompt": [USER], "reference": {"a": 1}}
    assert edited(row, {"prompt": [USER], "reference": {"a": 2}})["reference"] == {"a": 2}
    for wrong in ({"prompt": [USER, SAID], "reference": {}}, {"prompt": [USER]}, {"messages": [USER, SAID]}):
        with pytest.raises(Fault):
            edited(row, wrong)


def test_the_original_file_of_preferences_comes_back(tmp_path: Path) -> None:
    data = (CASES / "openai_preference.jsonl").read_bytes()
    result = run(tmp_path, data)
    layout = original_layout("preference", result.source.mapping, result.source.columns, {})
    write(tmp_path / "back", "jsonl", layout, result.rows)
    back = [json.loads(line) for line in (tmp_path / "back").read_text().splitlines()]
    wanted = [json.loads(line) for line in data.splitlines()]
    for row in wanted:
        del row["input"]["tools"]
    assert back == wanted
