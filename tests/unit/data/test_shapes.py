"""Shapes are told by contents and whole names, never by parts of names; each guess says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.schema.declared import SHAPES, shape_of
from engine.data.schema.guess import guess_shape
from engine.data.schema.mapping import check_mapping
from tests.unit.data.corpus import jsonl, table
from tests.unit.data.pipeline import run

TURNS = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
TOOL = {"type": "function", "function": {"name": "lamp", "description": "", "parameters": {}}}
SHAREGPT = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]


def guess(row: dict[str, Any]) -> tuple[str | None, dict[str, str]]:
    found = guess_shape(list(row), [row])
    assert found.remarks
    return found.shape, found.mapping


@pytest.mark.parametrize(
    ("row", "shape", "mapping"),
    [
        ({"instruction": "a", "input": "", "output": "b"}, "alpaca", {"instruction": "instruction", "input": "input", "output": "output"}),
        ({"Instruction": "a", "Context": "", "Response": "b"}, "alpaca", {"instruction": "Instruction", "input": "Context", "output": "Response"}),
        ({"messages": TURNS}, "messages", {"messages": "messages"}),
        ({"conversations": TURNS, "system": "s"}, "messages", {"messages": "conversations", "system": "system"}),
        ({"conversations": SHAREGPT}, "sharegpt", {"conversations": "conversations"}),
        ({"dialog": json.dumps(SHAREGPT)}, "sharegpt", {"conversations": "dialog"}),
        ({"prompt": "a", "completion": "b"}, "prompt_completion", {"prompt": "prompt", "completion": "completion"}),
        ({"question": "a", "answer": "b"}, "prompt_completion", {"prompt": "question", "completion": "answer"}),
        ({"query": "a", "response": "b", "system prompt": "s"}, "prompt_completion", {"prompt": "query", "completion": "response", "system": "system prompt"}),
        ({"input": "a", "output": "b"}, "prompt_completion", {"prompt": "input", "completion": "output"}),
        ({"问题": "a", "答案": "b"}, "prompt_completion", {"prompt": "问题", "completion": "答案"}),
        ({"指令": "a", "输入": "", "输出": "b"}, "alpaca", {"instruction": "指令", "input": "输入", "output": "输出"}),
        ({"text": "a", "id": 3}, "text", {"text": "text"}),
        ({"instruction": "a", "context": "", "response": "b"}, "alpaca", {"instruction": "instruction", "input": "context", "output": "response"}),
        ({"context": "a", "question": "b", "answer": "c"}, "qa_context", {"context": "context", "question": "question", "answer": "answer"}),
        ({"id": 1, "context": "a", "question": "b", "answers": {"text": ["c"], "answer_start": [3]}}, "qa_context", {"context": "context", "question": "question", "answer": "answers"}),
        ({"text": "a", "label": 1}, "classification", {"text": "text", "label": "label"}),
        ({"评论": "好吃", "标签": "好评"}, "classification", {"text": "评论", "label": "标签"}),
        ({"messages": TURNS, "tools": [TOOL]}, "messages", {"messages": "messages", "tools": "tools"}),
        ({"messages": TURNS, "tools": "not a list"}, "messages", {"messages": "messages"}),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference", {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}),
        ({"conversations": SHAREGPT[:1], "chosen": SHAREGPT[1], "rejected": SHAREGPT[1]}, "preference", {"prompt": "conversations", "chosen": "chosen", "rejected": "rejected"}),
        ({"chosen": TURNS, "rejected": TURNS, "score": 3.5}, "preference", {"chosen": "chosen", "rejected": "rejected"}),
        ({"prompt": "a", "completion": "b", "label": True}, "kto", {"prompt": "prompt", "completion": "completion", "label": "label"}),
        ({"question": "a", "answer": "b", "label": "👎"}, "kto", {"prompt": "question", "completion": "answer", "label": "label"}),
        ({"messages": TURNS, "label": "no"}, "kto", {"prompt": "messages", "label": "label"}),
        ({"prompt": "a", "completion": "b", "label": "sports"}, "prompt_completion", {"prompt": "prompt", "completion": "completion"}),
        ({"text": "a", "chosen_by": "b", "rejected": "c"}, "text", {"text": "text"}),
        ({"问题": "a", "补充": "b", "回答": "c"}, "prompt_completion", {"prompt": "问题", "completion": "回答", "input": "补充"}),
        ({"问题": "a", "备注": "", "回答": "c"}, "prompt_completion", {"prompt": "问题", "completion": "回答", "input": "备注"}),
        ({"问题": "a", "输入": "b", "回答": "c"}, "prompt_completion", {"prompt": "问题", "completion": "回答", "input": "输入"}),
        ({"提问": "a", "附加信息": "b", "答复": "c"}, "prompt_completion", {"prompt": "提问", "completion": "答复", "input": "附加信息"}),
        ({"问题": "a", "上下文": "b", "回答": "c"}, "qa_context", {"context": "上下文", "question": "问题", "answer": "回答"}),
        ({"问题": "a", "背景": "b", "补充说明": "d", "回答": "c"}, "qa_context", {"context": "背景", "question": "问题", "answer": "回答", "input": "补充说明"}),
        ({"question": "a", "Notes": "b", "answer": "c"}, "prompt_completion", {"prompt": "question", "completion": "answer", "input": "Notes"}),
        ({"prompt": "a", "context": "b", "response": "c"}, "prompt_completion", {"prompt": "prompt", "completion": "response", "input": "context"}),
        ({"prompt": "a", "additional info": "b", "response": "c"}, "prompt_completion", {"prompt": "prompt", "completion": "response", "input": "additional info"}),
        ({"input": "a", "background": "b", "output": "c"}, "prompt_completion", {"prompt": "input", "completion": "output", "input": "background"}),
        ({"instruction": "a", "input": "b", "chosen": "c", "rejected": "d"}, "preference", {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected", "input": "input"}),
        ({"问题": "a", "材料": "b", "回答": "c", "评价": "好"}, "kto", {"prompt": "问题", "completion": "回答", "input": "材料", "label": "评价"}),
        ({"question": "a", "notes": "2024-05-01", "answer": "c"}, "prompt_completion", {"prompt": "question", "completion": "answer"}),
        ({"question": "a", "details": "ID-0042", "answer": "c"}, "prompt_completion", {"prompt": "question", "completion": "answer"}),
    ],
)  # fmt: skip
def test_known_shapes(row: dict[str, Any], shape: str, mapping: dict[str, str]) -> None:
    assert guess(row) == (shape, mapping)


@pytest.mark.parametrize(
    "row",
    [
        {"system_question": "Q", "answer": "A"},
        {"question_system": "Q", "the_answer": "A"},
        {"ecosystem": "Q", "outputs": "A"},
        {"my_prompt": "a", "completion_text": "b"},
        {"a": "1", "b": "2"},
    ],
)
def test_parts_of_names_mean_nothing(row: dict[str, Any]) -> None:
    found = guess_shape(list(row), [row])
    assert found.shape is None
    assert "system" not in found.mapping
    assert found.remarks[-1][0] == "shape.unknown"


def test_the_question_never_lands_in_the_system_prompt(tmp_path: Path) -> None:
    data = table("What is it?,Tuesday,A lamp.", head="question,system_date,answer")
    result = run(tmp_path, data)
    assert result.rows[0]["messages"] == [
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "A lamp."},
    ]
    unused = [note["params"]["columns"] for note in result.source.notes if note["code"] == "columns.unused"]
    assert unused == ["system_date"]


def test_two_candidates_are_left_to_the_user() -> None:
    row = {"question": "a", "query": "b", "answer": "c"}
    found = guess_shape(list(row), [row])
    assert found.shape == "prompt_completion"
    assert found.mapping == {"completion": "answer"}
    assert found.remarks[0] == ("shape.ambiguous", {"columns": "question, query", "field": "prompt"})


def test_two_lists_of_turns_are_left_to_the_user() -> None:
    row = {"before": TURNS, "after": TURNS}
    assert guess_shape(list(row), [row]).remarks[0][0] == "shape.ambiguous"
    row = {"messages": TURNS, "after": TURNS}
    assert guess(row) == ("messages", {"messages": "messages"})


def test_one_odd_definition_does_not_cost_all_rows_their_tools(tmp_path: Path) -> None:
    rows = [{"messages": TURNS, "tools": [TOOL] if n != 7 else {"name": "lamp"}} for n in range(50)]
    result = run(tmp_path, jsonl(*rows))
    assert result.source.mapping == {"messages": "messages", "tools": "tools"}
    assert sum("tools" in row for row in result.rows) == 49
    assert [row["code"] for row in result.rejected] == ["data.tools.no_list"]


def test_a_column_of_numbers_is_an_answer_where_no_text_is_one() -> None:
    rows = [{"prompt": "a", "output": 1, "answer": "x"}, {"prompt": "b", "output": 2, "answer": "y"}]
    assert guess_shape(["prompt", "output"], rows).mapping["completion"] == "output"
    assert guess_shape(["prompt", "output", "answer"], rows).mapping["completion"] == "answer"


def test_a_place_in_a_list_of_choices_is_no_answer() -> None:
    rows = [{"question": "Q", "choices": ["a", "b"], "answer": n % 2} for n in range(8)]
    assert guess_shape(["question", "choices", "answer"], rows).mapping.get("completion") is None


def test_rows_become_conversations(tmp_path: Path) -> None:
    rows = [
        {"instruction": " Say it ", "input": "twice", "output": "it it\n", "system": "Be short."},
        {"instruction": "Say", "input": "  ", "output": "x", "system": None},
    ]
    result = run(tmp_path, jsonl(*rows))
    assert result.rows[0]["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": " Say it \ntwice"},
        {"role": "assistant", "content": "it it\n"},
    ]
    assert [m["content"] for m in result.rows[1]["messages"]] == ["Say", "x"]


@pytest.mark.parametrize("role", ["human", "user", "User"])
@pytest.mark.parametrize("answers", ["gpt", "assistant", "chatgpt"])
def test_sharegpt_roles(tmp_path: Path, role: str, answers: str) -> None:
    turns = [("system", "S"), (role, "Q1"), (answers, "A1"), (role, "Q2"), (answers, "A2")]
    row = {"conversations": [{"from": who, "value": text} for who, text in turns]}
    (made,) = run(tmp_path, jsonl(row)).rows
    assert [m["role"] for m in made["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert [m["content"] for m in made["messages"]] == ["S", "Q1", "A1", "Q2", "A2"]


def test_mixed_columns_are_said(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl({"prompt": "a", "completion": "b"}, {"prompt": "a", "completion": "b", "note": "c"}))
    assert [n["params"]["rows"] for n in result.source.notes if n["code"] == "columns.mixed"] == [1]
    assert len(result.rows) == 2


@pytest.mark.parametrize(
    ("mapping", "code", "params"),
    [
        ({"prompt": "a"}, "data.mapping.missing", {"field": "completion"}),
        ({"prompt": "a", "completion": "zz"}, "data.mapping.unknown_column", {"column": "zz", "field": "completion"}),
        ({"prompt": "a", "completion": "a"}, "data.mapping.same_column", {"column": "a", "field": "completion", "other": "prompt"}),
        ({"prompt": "a", "completion": "b", "x": "c"}, "data.mapping.unknown_field", {"field": "x"}),
    ],
)  # fmt: skip
def test_faults_of_a_mapping(mapping: dict[str, str], code: str, params: dict[str, str]) -> None:
    with pytest.raises(Fault) as caught:
        check_mapping(shape_of("prompt_completion"), mapping, ["a", "b", "c"])
    assert (caught.value.code, caught.value.params) == (code, params)


def test_no_shape() -> None:
    for key in (None, "", "prefs"):
        with pytest.raises(Fault, match=r"data\.mapping\.no_shape"):
            shape_of(key)
    assert len({shape.key for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Frage", "Antwort"), ("question", "Réponse"), ("pytanie", "odpowiedź"), ("Вопрос", "Ответ"), ("質問", "答え"), ("Ερώτηση", "Απάντηση")],
)  # fmt: skip
def test_questions_and_answers_are_known_by_their_names_in_other_languages(question: str, answer: str) -> None:
    found = guess_shape([question, answer], [{question: f"Wie viel ist {n}?", answer: f"Nun, {n}."} for n in range(5)])
    assert (found.shape, found.mapping) == ("prompt_completion", {"prompt": question, "completion": answer})
