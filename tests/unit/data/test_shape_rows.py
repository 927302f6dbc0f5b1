"""Rows of every shape: what becomes of a record, and which rows are left out and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from tests.unit.data.corpus import jsonl
from tests.unit.data.pipeline import Result, run

ASK, SAY, BAD = (
    {"role": "user", "content": "Q"},
    {"role": "assistant", "content": "A"},
    {"role": "assistant", "content": "B"},
)
SYSTEM = {"role": "system", "content": "S"}
HUMAN, GPT, WORSE = {"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}, {"from": "gpt", "value": "B"}
FIND = {"name": "find", "description": "d", "parameters": {"type": "object", "properties": {}}}
CALL = {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": {"x": 1}}}]}  # fmt: skip
RESULT = {"role": "tool", "content": "found", "tool_call_id": "c1"}


def content(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("split", "line", "id")}


def only(folder: Path, *rows: dict[str, Any], **options: Any) -> dict[str, Any]:
    result = run(folder, jsonl(*rows), **options)
    assert result.rejected == []
    return content(result.rows[0])


def codes(result: Result) -> list[tuple[str | None, str]]:
    return [(item["column"], item["code"]) for item in result.rejected]


# ---------------------------------------------------------------- questions, classes


def test_context_stands_before_the_question_and_beside_the_row(tmp_path: Path) -> None:
    row = {"context": "A lamp is lit.", "question": "What is lit?", "answers": {"text": ["A lamp", "lamp"], "answer_start": [0, 2]}}  # fmt: skip
    assert only(tmp_path, row) == {
        "messages": [
            {"role": "user", "content": "A lamp is lit.\n\nWhat is lit?"},
            {"role": "assistant", "content": "A lamp"},
        ],
        "extra": {"context": "A lamp is lit."},
    }


def test_a_class_is_asked_for_by_the_names_that_were_seen(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl({"text": "Fine.", "label": "good", "n": 1}, {"text": "{Meh}", "label": "bad{}"}))
    assert result.source.templates == {
        "text": [
            "Classify the following text as one of: bad{{}}, good. Answer with the class alone.\n\n{text}",
        ]
    }
    notes = {note["code"]: note["params"] for note in result.source.notes}
    assert notes["shape.labels"] == {"column": "label", "count": "2", "labels": "bad{} (1), good (1)", "looked": "2"}
    asked = "Classify the following text as one of: bad{}, good. Answer with the class alone.\n\n"
    assert [content(row) for row in result.rows] == [
        {
            "messages": [{"role": "user", "content": asked + "Fine."}, {"role": "assistant", "content": "good"}],
            "extra": {"text": "Fine.", "label": "good", "n": 1},
        },
        {
            "messages": [{"role": "user", "content": asked + "{Meh}"}, {"role": "assistant", "content": "bad{}"}],
            "extra": {"text": "{Meh}", "label": "bad{}"},
        },
    ]


def test_numbers_are_classes_too_and_texts_are_asked_in_their_language(tmp_path: Path) -> None:
    row = only(tmp_path, {"文本": "很好吃，下次再来。", "标签": 1}, {"文本": "难吃极了。", "标签": 0})
    assert row["messages"][0]["content"].startswith("请判断下面的文字属于哪一类：0、1。")
    assert row["messages"][1]["content"] == "1"
    assert row["extra"]["标签"] == 1


def test_other_columns_stay_beside_the_row(tmp_path: Path) -> None:
    row = {"instruction": "a", "input": "b", "output": "c", "topic": "t", "n": 2, "ok": True, "none": None, "list": [1], "long": "x" * 2001}  # fmt: skip
    result = run(tmp_path, jsonl(row))
    assert result.rows[0]["extra"] == {"input": "b", "topic": "t", "n": 2, "ok": True, "none": None}
    notes = {note["code"]: note["params"]["columns"] for note in result.source.notes if note["what"] == "columns"}
    assert notes["columns.unused"] == "topic, n, ok, none"
    assert notes["columns.left_out"] == "list, long"


# ---------------------------------------------------------------- pairs and thumbs

PAIR = {"prompt": [ASK], "chosen": [SAY], "rejected": [BAD]}


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Q", "chosen": "A", "rejected": "B"},
        {"prompt": "Q", "chosen": [ASK, SAY], "rejected": [ASK, BAD]},
        {"chosen": [ASK, SAY], "rejected": [ASK, BAD]},
        {"chosen": json.dumps([ASK, SAY]), "rejected": json.dumps([ASK, BAD])},
        {"prompt": [ASK], "chosen": [SAY], "rejected": [BAD]},
        {"conversations": [HUMAN], "chosen": GPT, "rejected": WORSE},
        {"messages": [ASK], "chosen": "A", "rejected": "B"},
        {"chosen": "\n\nHuman: Q\n\nAssistant: A", "rejected": "\n\nHuman: Q\n\nAssistant: B"},
    ],
)
def test_pairs_in_every_form(row: dict[str, Any], tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(row, row))
    assert result.source.shape == "preference"
    assert (content(result.rows[0]), result.rejected) == (PAIR, [])


def test_pairs_share_all_that_comes_before_their_answers(tmp_path: Path) -> None:
    start = [ASK, SAY, {"role": "user", "content": "Q2"}]
    row = only(tmp_path, {"system": "S", "chosen": [*start, SAY], "rejected": [*start, BAD]})
    assert row == {"prompt": [SYSTEM, *start], "chosen": [SAY], "rejected": [BAD]}


def test_pairs_that_teach_nothing_are_left_out(tmp_path: Path) -> None:
    rows = [
        {"prompt": "Q", "chosen": "A", "rejected": "B"},
        {"prompt": "Q", "chosen": "A", "rejected": "A"},
        {"prompt": "Q", "chosen": "A", "rejected": ""},
        {"prompt": "", "chosen": "A", "rejected": "B"},
        {"prompt": "Z", "chosen": [ASK, SAY], "rejected": [ASK, BAD]},
        {"prompt": None, "chosen": [ASK, SAY], "rejected": [{**ASK, "content": "Q2"}, BAD]},
        {"prompt": None, "chosen": [ASK, SAY], "rejected": [ASK]},
    ]
    result = run(tmp_path, jsonl(*rows))
    assert codes(result) == [
        ("chosen", "data.pair.same"),
        ("rejected", "data.row.empty"),
        ("chosen", "data.pair.no_question"),
        ("chosen", "data.pair.other_question"),
        ("chosen", "data.pair.other_beginning"),
        ("rejected", "data.turn.no_answer"),
    ]
    assert len(result.rows) == 1


@pytest.mark.parametrize(("label", "good"), [(True, True), (0, False), ("1", True), ("👎", False), ("Yes", True), ("是", True), (1.0, True)])  # fmt: skip
def test_thumbs(label: Any, good: bool, tmp_path: Path) -> None:
    expected = {"prompt": [ASK], "completion": [SAY], "label": good}
    for row in (
        {"prompt": "Q", "completion": "A", "label": label},
        {"messages": [ASK, SAY], "label": label},
        {"conversations": [HUMAN, GPT], "label": label},
    ):
        assert only(tmp_path, row) == expected


def test_a_thumb_that_says_nothing(tmp_path: Path) -> None:
    good = {"prompt": "Q", "completion": "A", "label": "up"}
    mapping = {"prompt": "prompt", "completion": "completion", "label": "label"}
    rows = [good, {**good, "label": "maybe"}, {**good, "label": None}, {**good, "prompt": " "}]
    result = run(tmp_path, jsonl(*rows), shape="kto", mapping=mapping)
    assert codes(result) == [("label", "data.kto.label"), ("label", "data.kto.label"), ("prompt", "data.row.empty")]


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASK, CALL, RESULT, SAY], "tools": [{"type": "function", "function": FIND}]},
        {"messages": [ASK, {**CALL, "content": None}, RESULT, SAY], "tools": json.dumps([FIND])},
        {
            "messages": [
                ASK,
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": '{"x": 1}'}}],
                },
                {"role": "tool", "content": [{"type": "text", "text": "found"}], "tool_call_id": "c1"},
                SAY,
            ],
            "functions": [FIND],
        },
    ],
)
def test_tools_in_messages(row: dict[str, Any], tmp_path: Path) -> None:
    assert only(tmp_path, row) == {
        "messages": [ASK, CALL, RESULT, SAY],
        "tools": [{"type": "function", "function": FIND}],
    }


def test_tools_in_sharegpt_turns(tmp_path: Path) -> None:
    turns = [
        HUMAN,
        {"from": "function_call", "value": '{"name": "find", "arguments": {"x": 1}}'},
        {"from": "observation", "value": "found"},
        GPT,
    ]
    row = only(tmp_path, {"conversations": turns, "tools": json.dumps([FIND]), "system": "S"})
    call = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "find", "arguments": {"x": 1}}}]}  # fmt: skip
    assert row["messages"] == [SYSTEM, ASK, call, {"role": "tool", "content": "found"}, SAY]
    assert row["tools"] == [{"type": "function", "function": FIND}]


@pytest.mark.parametrize(
    ("turns", "tools", "code"),
    [
        ([ASK, CALL, SAY], [], "data.turn.no_result"),
        ([ASK, CALL, RESULT], [], "data.turn.last_tool"),
        ([ASK, CALL, RESULT, ASK, SAY], [], "data.turn.tool_unread"),
        ([ASK, RESULT, SAY], [], "data.turn.tool_alone"),
        ([ASK, {**CALL, "tool_calls": [{"function": {"name": "find", "arguments": "{"}}]}, RESULT, SAY], [], "data.turn.arguments"),
        ([ASK, {**CALL, "tool_calls": [{"function": {"name": " "}}]}, RESULT, SAY], [], "data.turn.calls"),
        ([ASK, SAY], [{"description": "no name"}], "data.tools.no_function"),
        ([ASK, SAY], "{", "data.tools.no_list"),
    ],
)  # fmt: skip
def test_tools_that_make_no_sense(turns: list[Any], tools: Any, code: str, tmp_path: Path) -> None:
    mapping = {"messages": "messages", "tools": "tools"}
    good = {"messages": [ASK, SAY], "tools": []}
    result = run(tmp_path, jsonl(good, {"messages": turns, "tools": tools}), shape="messages", mapping=mapping)
    assert [code for _, code in codes(result)] == [code]
    assert len(result.rows) == 1


def test_members_of_turns_that_are_not_read_are_named(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl({"messages": [ASK, {**SAY, "weight": 0, "mood": "calm"}]}))
    (note,) = [note for note in result.source.notes if note["code"] == "columns.turn_keys"]
    assert note["params"]["columns"] == "mood"


# ---------------------------------------------------------------- wordings

ODD = [{"en": f"word {i}", "zh": f"词{i}", "n": i} for i in range(40)]


def worded(folder: Path, templates: dict[str, list[str]], rows: Any = ODD, **mapping: str) -> Result:
    return run(folder, jsonl(*rows), shape="prompt_completion", mapping=mapping, templates=templates)


def test_wordings_are_filled_with_columns(tmp_path: Path) -> None:
    templates = {"prompt": ["Translate {{{en}}} into Chinese ({n})."], "system": ["You translate."]}
    result = worded(tmp_path, templates, completion="zh")
    assert content(result.rows[0]) == {
        "messages": [
            {"role": "system", "content": "You translate."},
            {"role": "user", "content": "Translate {word 0} into Chinese (0)."},
            {"role": "assistant", "content": "词0"},
        ],
        "extra": {"en": "word 0", "n": 0},
    }


def test_each_row_takes_one_of_several_wordings_and_always_the_same(tmp_path: Path) -> None:
    templates = {"prompt": ["To Chinese: {en}", "{en} – in Chinese?", " "], "completion": ["1 {zh}", "2 {zh}"]}
    rows = worded(tmp_path, templates).rows
    again = {row["line"]: row["messages"] for row in worded(tmp_path, templates, rows=ODD[:20]).rows}
    kinds = [(row["messages"][0]["content"].startswith("To"), row["messages"][1]["content"][0]) for row in rows]
    assert set(kinds) == {(True, "1"), (False, "2")}
    assert 8 <= kinds.count((True, "1")) <= 32
    assert all(again[row["line"]] == row["messages"] for row in rows[:20])


def test_rows_without_a_value_for_the_wording_are_named(tmp_path: Path) -> None:
    rows = [*ODD, {"en": " ", "zh": "x"}, {"zh": "x"}, {"en": ["a"], "zh": "x"}]
    result = worded(tmp_path, {"prompt": ["Translate {en}"]}, rows=rows, completion="zh")
    assert codes(result) == [("en", "data.wording.empty"), ("en", "data.row.no_column"), ("en", "data.row.not_text")]
    assert len(result.rows) == 40


@pytest.mark.parametrize(
    ("wording", "code", "params"),
    [
        ("Translate {En}", "data.wording.unknown_near", {"column": "En", "close": "en"}),
        ("Translate {language}", "data.wording.unknown", {"column": "language", "columns": "en, zh, n"}),
        ("Translate {en", "data.wording.unclosed", {"place": 11, "near": "{en"}),
        ("Translate {en {zh}", "data.wording.unclosed", {"place": 11, "near": "{en {zh}"}),
        ("Translate en}", "data.wording.stray", {"place": 13, "near": "}"}),
        ("x" * 20_001, "data.wording.too_long", {"limit": 20_000}),
    ],
)
def test_faults_of_a_wording(wording: str, code: str, params: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        worded(tmp_path, {"prompt": [wording]}, completion="zh")
    assert (caught.value.code, caught.value.params) == (code, {"field": "prompt", **params})


@pytest.mark.parametrize(
    ("shape", "templates", "mapping", "code"),
    [
        ("prompt_completion", {"prompt": ["Hello"], "completion": ["World"]}, {}, "data.wording.constant"),
        ("prompt_completion", {"promt": ["{en}"]}, {"completion": "zh"}, "data.mapping.unknown_field"),
        ("messages", {"messages": ["{en}"]}, {}, "data.wording.not_here"),
        ("prompt_completion", {"prompt": ["{en}"] * 21}, {"completion": "zh"}, "data.wording.too_many"),
        ("prompt_completion", {"prompt": ["{en}"]}, {}, "data.mapping.missing"),
    ],
)  # fmt: skip
def test_faults_of_wordings_together(
    shape: str, templates: dict[str, list[str]], mapping: dict[str, str], code: str, tmp_path: Path
) -> None:
    with pytest.raises(Fault) as caught:
        run(tmp_path, jsonl(*ODD), shape=shape, mapping=mapping, templates=templates)
    assert caught.value.code == code


def test_columns_with_braces_in_their_names_and_braces_in_their_values(tmp_path: Path) -> None:
    rows = [{"a}b": "{x}", "c": "y"}] * 2
    result = run(tmp_path, jsonl(*rows), shape="text", mapping={}, templates={"text": ["{a}b} {c}"]})
    assert result.texts[0] == "{x} y"


_HALF = "\ud83d"
_DEEP: Any = 1
for _level in range(200):
    _DEEP = [_DEEP]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"messages": [ASK, {**CALL, "tool_calls": [{"function": {"name": "f", "arguments": {_HALF: 1}}}]}, RESULT, SAY]}, ("messages", "data.row.half_character")),
        ({"messages": [ASK, {**CALL, "tool_calls": [{"id": _HALF, "function": {"name": "f"}}]}, RESULT, SAY]}, ("messages", "data.row.half_character")),
        ({"messages": [ASK, CALL, {**RESULT, "name": "a\0"}, SAY]}, ("messages", "data.row.nul")),
        ({"messages": [ASK, CALL, {"role": "function_call", "content": json.dumps({"name": "f", "arguments": {"x": _HALF}})}]}, ("messages", "data.row.half_character")),
        ({"messages": [ASK, {**CALL, "tool_calls": [{"function": {"name": "f", "arguments": {"x": _DEEP}}}]}, RESULT, SAY]}, ("messages", "data.json.too_deep")),
        ({"messages": [ASK, SAY], "tools": [{**FIND, "description": _HALF}]}, ("tools", "data.row.half_character")),
    ],
)  # fmt: skip
def test_calls_that_no_file_can_hold_spoil_their_own_row_alone(
    tmp_path: Path, row: dict[str, Any], expected: tuple[str, str]
) -> None:
    good = {"messages": [ASK, SAY], "tools": [FIND], f"odd{_HALF}": 1}
    result = run(tmp_path, jsonl(good, row, good), shape="messages", mapping={"messages": "messages", "tools": "tools"})
    assert ([kept["line"] for kept in result.rows], codes(result)) == ([1, 3], [expected])
