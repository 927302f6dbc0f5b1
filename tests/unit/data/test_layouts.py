"""Conversations in every layout become the same messages; what is no conversation is refused by its row."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.records.record import RowFault
from engine.data.schema.layouts.literals import literal_as_json, read_list
from engine.data.schema.layouts.roles import roles_by_partner
from engine.data.schema.layouts.turn_lists import layout_of
from tests.unit.data.corpus import jsonl, parquet
from tests.unit.data.pipeline import Result, run

CASES = Path(__file__).parents[2] / "cases" / "data"
Q = [("user", "Hi"), ("assistant", "Yo"), ("user", "Age?"), ("assistant", "9")]
S = [("system", "Be kind."), *Q]


def said(result: Result, row: int = 0) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in result.rows[row]["messages"]]


def keyed(role: str, text: str, names: tuple[str, str, str], system: bool = True) -> list[dict[str, Any]]:
    roles = dict(zip(("system", "user", "assistant"), names, strict=True))
    return [{role: roles[who], text: words} for who, words in (S if system else Q)]


def parts(kind: str) -> list[dict[str, Any]]:
    return [{"role": who, "content": [{"type": kind, "text": words}]} for who, words in Q]


LAYOUTS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "role and text": ({"turns": keyed("role", "text", ("system", "human", "bot"))}, S),
    "from and message": ({"log": keyed("from", "message", ("system", "user1", "chatbot"))}, S),
    "speaker and text": ({"chat": keyed("speaker", "text", ("system", "User", "AI"))}, S),
    "author and value": ({"x": keyed("author", "value", ("developer", "prompter", "assistant:"))}, S),
    "sender": ({"x": keyed("sender", "content", ("系统", "用户", "助手"))}, S),
    "角色": ({"对话": [{"角色": {"assistant": "助手"}.get(who, "用户"), "内容": words} for who, words in Q]}, Q),
    "customer and agent": ({"dialog": keyed("speaker", "text", ("system", "customer", "agent"))}, S),
    "cohere": ({"messages": keyed("role", "content", ("System", "User", "Chatbot"))}, S),
    "lists of two": ({"messages": [list(turn) for turn in S]}, S),
    "single members": ({"messages": [{who: words} for who, words in S]}, S),
    "pairs": ({"conversation": [{"system": "Be kind.", "input": "Hi", "output": "Yo"}, {"input": "Age?", "output": "9"}]}, S),
    "questions and answers": ({"dialogue": [{"question": "Hi", "answer": "Yo"}, {"question": "Age?", "answer": "9"}]}, Q),
    "pairs of texts": ({"conversations": [["Hi", "Yo"], ["Age?", "9"]]}, Q),
    "ultrachat": ({"id": "1", "data": [words for _, words in Q]}, Q),
    "utterances": ({"utterances": [words for _, words in Q]}, Q),
    "openai parts": ({"messages": parts("text")}, Q),
    "responses parts": ({"messages": parts("input_text")}, Q),
    "gemini": ({"systemInstruction": {"role": "system", "parts": [{"text": "Be "}, {"text": "kind."}]}, "contents": [{"role": {"assistant": "model"}.get(who, who), "parts": [{"text": words}]} for who, words in Q]}, S),
    "gemini, snakes": ({"system_instruction": {"parts": [{"text": "Be kind."}]}, "contents": [{"parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "Yo"}]}]}, S[:3]),
    "members in columns": ({"conversations": {"role": [who for who, _ in S], "content": [words for _, words in S]}}, S),
    "members in columns, sharegpt": ({"conversations": {"from": ["human", "gpt"], "value": ["Hi", "Yo"]}}, Q[:2]),
    "vertex tuning": ({"input_text": "Hi", "output_text": "Yo"}, Q[:2]),
    "two columns": ({"human": "Hi", "bot": "Yo"}, Q[:2]),
    "gemini tuning": ({"text_input": "Hi", "output": "Yo"}, Q[:2]),
    "bedrock": ({"schemaVersion": "bedrock-conversation-2024", "system": [{"text": "Be kind."}], "messages": [{"role": who, "content": [{"text": words}]} for who, words in Q]}, S),
    "a system text beside turns": ({"system": "Be kind.", "conversations": [["user", "Hi"], ["assistant", "Yo"]]}, S[:3]),
    "an instruction beside turns": ({"instruction": "Be kind.", "conversations": keyed("from", "value", ("", "human", "gpt"), system=False)}, S),
    "the first question beside turns": ({"instruction": "Hi", "conversations": keyed("from", "value", ("", "human", "gpt"), system=False)}, Q),
    "alpaca history": ({"instruction": "Age?", "input": "", "output": "9", "history": [["Hi", "Yo"]]}, Q),
    "chatglm": ({"prompt": "Age?", "response": "9", "history": [["Hi", "Yo"]], "system": "Be kind."}, S),
    "chatglm 3": ({"prompt": "Age?", "response": "9", "history": keyed("role", "content", ("", "user", "assistant"), system=False)[:2]}, Q),
    "no history": ({"prompt": "Hi", "response": "Yo", "history": []}, Q[:2]),
    "trl": ({"prompt": keyed("role", "content", ("system", "user", "assistant"))[:-1], "completion": [{"role": "assistant", "content": "9"}]}, S),
    "trl, a text behind turns": ({"prompt": keyed("role", "content", ("system", "user", "assistant"))[:-1], "completion": "9"}, S),
}  # fmt: skip
FORMS = {
    "jsonl": lambda row: jsonl(row, row, row),
    "json": lambda row: json.dumps([row] * 3, indent=1).encode(),
    "csv with JSON": lambda row: as_csv(row, json.dumps),
    "csv with Python": lambda row: as_csv(row, repr),
}


def as_csv(row: dict[str, Any], write: Any) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows([{k: v if isinstance(v, str) else write(v) for k, v in row.items()}] * 3)
    return out.getvalue().encode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_becomes_messages(layout: str, form: str, tmp_path: Path) -> None:
    row, expected = LAYOUTS[layout]
    result = run(tmp_path, FORMS[form](row), "data.csv" if "csv" in form else "data")
    assert result.rejected == []
    assert said(result) == expected
    assert len(result.rows) == 3


@pytest.mark.parametrize(
    "layout", ["role and text", "pairs", "lists of two", "gemini", "bedrock", "alpaca history", "trl", "ultrachat"]
)
def test_layouts_in_typed_columns(layout: str, tmp_path: Path) -> None:
    row, expected = LAYOUTS[layout]
    result = run(tmp_path, parquet({key: [value] * 3 for key, value in row.items()}), "data.parquet")
    assert (result.rejected, said(result)) == ([], expected)


@pytest.mark.parametrize(
    ("name", "rows", "first"),
    [
        ("bare_lists.jsonl", 4, [("system", "Be short."), ("user", "Q0"), ("assistant", "A0")]),
        ("python_literal_turns.csv", 4, [("user", "Q0"), ("assistant", "It's A0")]),
        ("alpaca_history.json", 4, [("user", "What to wear in spring?"), ("assistant", "A light coat."), ("user", "And in summer?"), ("assistant", "Linen."), ("user", "And in winter 0?"), ("assistant", "Wear wool.")]),
        ("xtuner_pairs.json", 4, [("system", "Be brief."), ("user", "Name 0?"), ("assistant", "Puck."), ("user", "Age?"), ("assistant", "Nine.")]),
        ("prompt_completion_as_turns.jsonl", 4, [("system", "Be kind."), ("user", "Q0"), ("assistant", "A0")]),
        ("number_as_answer.jsonl", 8, [("user", "0+1?"), ("assistant", "1")]),
    ],
)  # fmt: skip
def test_files_of_these_layouts(name: str, rows: int, first: list[tuple[str, str]], tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / name).read_bytes(), name)
    assert (len(result.rows), result.rejected, said(result)) == (rows, [], first)


def test_records_that_are_lists(tmp_path: Path) -> None:
    lists = [[["user", "Q"], ["assistant", "A"]], [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]]
    for data in (jsonl(*lists * 3), json.dumps(lists * 3).encode(), jsonl(*lists, {"messages": lists[1]})):
        result = run(tmp_path, data)
        assert result.rejected == []
        assert {tuple(said(result, row)) for row in range(len(result.rows))} == {(("user", "Q"), ("assistant", "A"))}
    odd = run(tmp_path, jsonl([1, 2], *lists * 3, ["a", "b"]))
    assert [(row["code"], row["line"]) for row in odd.rejected] == [
        ("data.json.not_object", 1),
        ("data.json.not_object", 8),
    ]
    assert len(odd.rows) == 6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[{'a': 'It\\'s', \"b\": \"x\"}]", [{"a": "It's", "b": "x"}]),
        ("[('user', 'hi'), ('assistant', 'yo',)]", [["user", "hi"], ["assistant", "yo"]]),
        ("[{'a': True, 'b': None, 'c': -1.5e3}]", [{"a": True, "b": None, "c": -1500.0}]),
        ("[{'a': 'x'}\n {'a': 'y'}]", [{"a": "x"}, {"a": "y"}]),
        ("['q' 'a'\n 'q2']", ["q", "a", "q2"]),
        ("array([{'a': 'x'}, array(['y'], dtype=object)], dtype=object)", [{"a": "x"}, ["y"]]),
        (r"['\u4e2d\n\x41\\ \d']", ["中\nA\\ \\d"]),
    ],
)  # fmt: skip
def test_lists_as_python_writes_them(text: str, value: Any) -> None:
    assert read_list(text) == value


@pytest.mark.parametrize(
    "text",
    ["[__import__('os').system('x')]", "[1 + 1]", "['a''b']", "['a', b'c']", "[f'{x}']", "[x for x in y]", "['a'", "['a']]", "[1] said", "[{'a' 'b'}]", "{'a', 1}", "[" * 500 + "]" * 500],
)  # fmt: skip
def test_nothing_else_is_taken_for_a_list(text: str) -> None:
    with pytest.raises(RowFault):
        read_list(text)


def test_a_doubled_name_in_such_a_list_is_a_fault() -> None:
    assert literal_as_json("[{'a': 1, 'a': 2}]") is not None
    with pytest.raises(RowFault) as caught:
        read_list("[{'a': 1, 'a': 2}]")
    assert caught.value.code == "data.json.doubled_key"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("customer", "agent"), {"customer": "user", "agent": "assistant"}),
        (("user", "agent"), {"agent": "assistant"}),
        (("customer", "assistant", "system"), {"customer": "user"}),
        (("agent", "assistant", "user"), {}),
        (("customer", "user", "assistant"), {}),
        (("agent", "support", "customer"), {"customer": "user"}),
        (("agent",), {}),
    ],
)
def test_roles_that_depend_on_who_else_speaks(names: tuple[str, ...], found: dict[str, str]) -> None:
    assert roles_by_partner(names) == found


@pytest.mark.parametrize(
    "value", [[], ["x"], [1, 2], [[1, 2]], [{"name": "lamp"}], [{"from": "a@b.c", "text": "Hello"}], "text", None]
)
def test_what_is_no_conversation(value: Any) -> None:
    assert layout_of(value) is None


def test_lists_of_texts_count_by_the_name_of_their_column_alone(tmp_path: Path) -> None:
    for name in ("tags", "turns", "options", "labels"):
        assert run_shape(tmp_path, jsonl(*[{name: ["red", "blue"]}] * 4)) is None
    assert run_shape(tmp_path, jsonl(*[{"qas": [{"question": "Q", "answer": "A"}], "passage": "P"}] * 4)) is None


def run_shape(folder: Path, data: bytes) -> str | None:
    from engine.data.detection.detect_upload import detect_upload

    (folder / "a.jsonl").write_bytes(data)
    return detect_upload(folder / "a.jsonl", "a.jsonl").shape


def test_blocks_of_anthropic(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "Oslo?"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "look"}, {"type": "text", "text": "I look."}, {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "rain"}]}]},
        {"role": "assistant", "content": "Rain."},
    ]  # fmt: skip
    (row,) = run(tmp_path, jsonl({"messages": turns})).rows
    call = {"type": "function", "function": {"name": "weather", "arguments": {"city": "Oslo"}}, "id": "t1"}
    assert [one["role"] for one in row["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert row["messages"][1]["tool_calls"] == [call]
    assert row["messages"][2] == {"role": "tool", "content": "rain", "tool_call_id": "t1"}


def test_calls_of_gemini(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "parts": [{"text": "Oslo?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}]},
        {"role": "function", "parts": [{"functionResponse": {"name": "weather", "response": {"sky": "rain"}}}]},
        {"role": "model", "parts": [{"text": "Rain."}]},
    ]
    (row,) = run(tmp_path, jsonl({"contents": turns})).rows
    assert row["messages"][1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"city": "Oslo"}}
    assert row["messages"][2] == {"role": "tool", "content": '{"sky": "rain"}', "name": "weather"}


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image_url", "image_url": {"url": "x"}}, "image_url"),
        ({"type": "input_audio", "input_audio": {}}, "input_audio"),
        ({"type": "file", "file": {"file_id": "f"}}, "file"),
        ({"type": "image", "source": {}}, "image"),
        ({"image": {"format": "png"}}, "image"),
    ],
)
def test_a_row_with_a_picture_is_refused_by_its_reason(part: dict[str, Any], kind: str, tmp_path: Path) -> None:
    good = {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}
    odd = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, part]}, good["messages"][1]]}
    for rows in ([odd, good, good, good], [good, good, odd]):
        result = run(tmp_path, jsonl(*rows))
        (fault,) = result.rejected
        assert (fault["code"], fault["params"]["part"], fault["line"]) == ("data.turn.part", kind, rows.index(odd) + 1)


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (2.5, "2.5"), (True, "true"), (0, "0"), (10**30, "1" + "0" * 30)]
)
def test_a_number_is_an_answer_as_its_text(value: Any, text: str, tmp_path: Path) -> None:
    rows = [{"question": "Q", "answer": value}, {"question": "R", "answer": "x"}, {"question": "T", "answer": [1]}]
    result = run(tmp_path, jsonl(*rows, rows[1], rows[1]))
    assert [said(result, row)[-1][1] for row in range(2)] == [text, "x"]
    assert [row["line"] for row in result.rejected] == [3]
    turns = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": value}]
    assert said(run(tmp_path, jsonl({"messages": turns})))[-1] == ("assistant", text)
    assert said(run(tmp_path, jsonl(*[{"question": "Q", "answer": value}] * 3)))[-1] == ("assistant", text)
