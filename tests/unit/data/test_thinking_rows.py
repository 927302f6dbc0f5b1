"""Thinking in files: read from members, parts and columns, kept as it is, and seen by whatever looks at texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.detection.detect_upload import detect_upload
from engine.data.operations.repairs.editing import edited
from engine.data.operations.repairs.texts import change_texts
from engine.data.rows.row import content_of, texts_of
from engine.data.rows.wording import said
from engine.data.schema.guess import guess_shape, mappings_by_name
from engine.services.data.row_edits import check_row
from tests.unit.data.corpus import jsonl
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases" / "data"
ASK, WHY = {"role": "user", "content": "0+1?"}, "add one"
SAID = [ASK, {"role": "assistant", "content": "1", "reasoning_content": WHY}]


def answered(**members: Any) -> dict[str, Any]:
    return {"messages": [ASK, {"role": "assistant", "content": "1", **members}]}


def test_a_file_with_the_member_is_read_whole(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "reasoning_member.jsonl").read_bytes(), "reasoning_member.jsonl")
    assert result.rejected == []
    assert len(result.rows) == 4
    assert result.rows[0]["messages"] == SAID
    assert [m["reasoning_content"] for row in result.rows for m in row["messages"][1:]] == [WHY] * 4
    said = [note for note in result.source.notes if note["code"].startswith("columns.turn")]
    assert [(note["code"], note["params"]["columns"]) for note in said] == [
        ("columns.turn_thinking", "reasoning_content")
    ]


@pytest.mark.parametrize(
    "turn",
    [
        {"content": "1", "reasoning": WHY},
        {"content": "1", "thinking": WHY},
        {"content": "1", "reasoning_content": WHY, "reasoning": WHY},
        {"content": "1", "reasoning": {"summary": [{"type": "summary_text", "text": WHY}]}},
        {"content": [{"type": "thinking", "thinking": WHY, "signature": "x"}, {"type": "text", "text": "1"}]},
        {"content": [{"type": "reasoning", "text": WHY}, {"type": "text", "text": "1"}]},
        {"content": [{"type": "reasoning", "summary": [{"text": WHY}]}, {"type": "text", "text": "1"}]},
        {"content": [{"thought": True, "text": WHY}, {"text": "1"}]},
        {"content": [{"reasoningContent": {"reasoningText": {"text": WHY, "signature": "x"}}}, {"text": "1"}]},
    ],
)
def test_thinking_beside_the_words_or_in_parts(turn: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"messages": [ASK, {"role": "assistant", **turn}]}, answered()]
    result = run(tmp_path, jsonl(*rows))
    assert result.rejected == []
    assert [row["messages"] for row in result.rows] == [SAID, answered()["messages"]]


@pytest.mark.parametrize("value", [None, "", "  ", [], True, "on", "/no_think", 3])
def test_what_is_no_thinking_is_none(value: Any, tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(answered(reasoning=value), answered()))
    assert [row["messages"] for row in result.rows] == [answered()["messages"]] * 2
    lost = [note["params"] for note in result.source.notes if note["code"] == "columns.turn_keys"]
    assert bool(lost) == (value not in (None, "", []))  # what is left out is said


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        ({"content": "1", "reasoning_content": "a", "thinking": "b"}, "data.turn.two_thoughts"),
        ({"content": "<think>a</think>1", "thinking": "b"}, "data.turn.two_thoughts"),
        ({"content": [{"type": "text", "text": "1"}, {"type": "thinking", "thinking": "b"}]}, "data.turn.late_thought"),
        ({"content": [{"type": "redacted_thinking", "data": "=="}, {"type": "text", "text": "1"}]}, "data.turn.sealed_thought"),
        ({"content": [{"reasoningContent": {"redactedContent": "=="}}, {"text": "1"}]}, "data.turn.sealed_thought"),
        ({"content": [{"type": "reasoning", "encrypted_content": "==", "summary": []}, {"type": "text", "text": "1"}]}, "data.turn.sealed_thought"),
        ({"content": "", "reasoning_content": "a"}, "data.turn.empty"),
        ({"content": "1", "reasoning_content": "a\0"}, "data.row.nul"),
    ],
)  # fmt: skip
def test_thinking_that_cannot_be_told_leaves_its_row_out(turn: dict[str, Any], code: str, tmp_path: Path) -> None:
    result = run(tmp_path, jsonl({"messages": [ASK, {"role": "assistant", **turn}]}, answered()))
    assert [one["code"] for one in result.rejected] == [code]
    assert len(result.rows) == 1


def test_thinking_in_the_words_stays_as_it_is(tmp_path: Path) -> None:
    words = "<think>\n  add one\n</think>\n\n1"
    rows = [answered(), {"messages": [ASK, {"role": "assistant", "content": words}]}]
    assert run(tmp_path, jsonl(*rows)).rows[1]["messages"][1] == {"role": "assistant", "content": words}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"instruction": "0+1?", "output": "1", "cot": WHY}, "cot"),
        ({"Question": "0+1?", "Complex_CoT": WHY, "Response": "1"}, "Complex_CoT"),
        ({"prompt": "0+1?", "completion": "1", "rationale": WHY}, "rationale"),
        ({"question": "0+1?", "thinking_trajectories": [WHY], "answer": "1"}, "thinking_trajectories"),
        ({"问题": "0+1?", "思考过程": WHY, "回答": "1"}, "思考过程"),
        (
            {"input": "0+1?", "reasoning_content": WHY, "content": "1"},
            "reasoning_content",
        ),  # as answers of services are stored
        ({"instruction": "0+1?", "content": "1", "reasoning": WHY}, "reasoning"),
    ],
)
def test_a_column_beside_the_answer(row: dict[str, str], column: str, tmp_path: Path) -> None:
    names = list(row)
    result = run(tmp_path, jsonl(row, {**row, column: ""}))
    assert result.source.mapping["reasoning"] == column
    assert result.rejected == []
    assert [one["messages"] for one in result.rows] == [SAID, answered()["messages"]]
    assert all("extra" not in one for one in result.rows), names


def test_a_column_that_says_whether_to_think_is_no_thinking(tmp_path: Path) -> None:
    rows = [{"input": f"{n}+1?", "output": str(n + 1), "reasoning": "on" if n % 2 else "off"} for n in range(6)]
    assert "reasoning" not in guess_shape(list(rows[0]), rows).mapping
    assert "reasoning" not in mappings_by_name(list(rows[0]))["alpaca"]
    assert run(tmp_path, jsonl(*rows)).rows[0]["extra"]["reasoning"] == "off"


def test_thumbs_and_pairs_keep_it(tmp_path: Path) -> None:
    thumbs = {"prompt": "0+1?", "completion": "1", "reasoning": WHY, "label": True}
    assert run(tmp_path, jsonl(thumbs)).rows[0]["completion"] == SAID[1:]
    pair = {"prompt": [ASK], "chosen": SAID[1:], "rejected": [{"role": "assistant", "content": "2"}]}
    assert run(tmp_path, jsonl(pair)).rows[0]["chosen"] == SAID[1:]


def test_whatever_looks_at_texts_sees_it() -> None:
    row = {"messages": [ASK, {**SAID[1], "reasoning_content": "ask ann@example.com"}]}
    assert texts_of(row) == ["0+1?", "ask ann@example.com", "1"]
    assert "ann@example.com" in said(row)
    assert change_texts(row, lambda _part, text: text.replace("ann@example.com", "[EMAIL]"))
    assert row["messages"][1] == {"role": "assistant", "content": "1", "reasoning_content": "ask [EMAIL]"}


def test_thinking_before_a_call_in_parts(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"x": 1}}
    asked = {"role": "assistant", "content": [{"type": "thinking", "thinking": WHY}, call]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "1"}]}
    row = run(tmp_path, jsonl({"messages": [ASK, asked, result, {"role": "assistant", "content": "1"}]})).rows[0]
    assert [one.get("reasoning_content") for one in row["messages"]] == [None, WHY, None, None]
    assert row["messages"][1]["tool_calls"][0]["function"] == {"name": "find", "arguments": {"x": 1}}


def test_an_edit_keeps_it_and_only_answers_have_it() -> None:
    row = {"id": 1, "line": 1, "split": "train", "messages": SAID}
    change = {**row, "messages": [ASK, {**SAID[1], "content": "one"}]}
    assert content_of(edited(row, json.loads(json.dumps(change)))) == content_of(change)
    assert check_row(change) is None
    for wrong in ([{**ASK, "reasoning_content": "x"}, SAID[1]], [ASK, {**SAID[1], "reasoning_content": 3}]):
        with pytest.raises(Fault, match=r"data.repair.thinking"):
            edited(row, {**row, "messages": wrong})


@pytest.mark.parametrize("beside", ["input", "输入", "reasoning", "rationale"])
def test_a_content_beside_what_belongs_to_it_is_no_plain_text(beside: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(jsonl(*({"content": f"It is {place}.", beside: f"{place} + 0?"} for place in range(3))))
    found = detect_upload(path, "rows.jsonl")
    assert found.shape is None
    assert [one["code"] for one in found.notes if one["what"] == "shape"] == ["shape.text_beside"]
