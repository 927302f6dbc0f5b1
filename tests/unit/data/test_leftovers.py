"""Marks, headings of prompts, placeholders and unseen signs are found in texts, taken out exactly, and seldom seen where they belong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.quality.leftovers import leftovers_of, usual_marks
from engine.data.rows.row import answer_of
from tests.unit.data.quality_rows import chat, ids, look
from tests.unit.data.test_repairs import Rows, repair

CASE = Path(__file__).parents[2] / "cases" / "data" / "template_leftovers.jsonl"


def kinds(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.kind, one.term) for _part, one in leftovers_of(row, usual_marks)]


def stripped(folder: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return repair(Rows(folder, list(rows)), "strip_found", check="control_tokens")


def test_what_was_rendered_once_is_found_and_taken_out(tmp_path: Path) -> None:
    table = [json.loads(line) for line in CASE.read_text().splitlines() if line.strip()]
    rows = [chat(one["prompt"], one["completion"]) for one in table]
    assert ids(look(tmp_path, "control_tokens", rows)) == set(range(12))
    kept = stripped(tmp_path, *rows)
    assert [row["id"] for row in kept] == list(range(24))
    assert [answer_of(row) for row in kept[:12]] == [
        "Fine.", "Fine too.", "Sure.", "Good.", "Okay.", "yes it is", "well then", "I wonder if it shines", "what?", "I help.", "more?", "no",
    ]  # fmt: skip
    assert [row["messages"] for row in kept[12:]] == [row["messages"] for row in rows[12:]]
    assert all(kinds(row) == [] for row in kept)


FOUND = [
    (chat("Hi", "Yes. </s>\n<|im_end|>\n"), ["mark", "mark"], "Yes."),
    (chat("Hi", "<|start_header_id|>assistant<|end_header_id|>\n\nYes.<|eot_id|>"), ["mark", "mark"], "Yes."),
    (chat("Hi", "<s>[INST] <<SYS>> No [/INST] Yes.</s>"), ["mark"] * 5, "No  Yes."),
    (chat("Hi", "Yes.<｜end▁of▁sentence｜>"), ["mark"], "Yes."),
    (chat("Hi", "Yes.<end_of_utterance>[EOS]"), ["mark", "mark"], "Yes."),
    (chat("Hi", "### 回答：\n好"), ["heading"], "好"),
    (chat("Hi", "助手：好"), ["heading"], "好"),
    (chat("Hi", "### Output:\nYes."), ["heading"], "Yes."),
    (chat("Hi", "Yes.\nHuman: And?"), ["heading"], "Yes.\nAnd?"),
    (chat("Hi", "Yes.\n\nHuman: And?\n\nAssistant: No."), ["heading", "heading"], "Yes.\n\nAnd?\n\nNo."),
    (chat("Hi", "Yes.\n\n### Instruction:\nMore"), ["heading"], "Yes.\n\nMore"),
    (chat("Hi", "\n<thinking>Hm"), ["open_thought"], "Hm"),
    (
        chat("Hi", "zero\u200bwidth \ufeffinside \u2060and\u200e more\u202e"),
        ["unseen"] * 5,
        "zerowidth inside and more",
    ),
    (chat("Hi", "<s>Yes.</s>"), ["mark", "mark"], "Yes."),
    (chat("Hi", "e\u200dx a\u200cb"), ["unseen", "unseen"], "ex ab"),
    (chat("Hi", "<|turn>model\nYes.<turn|>"), ["mark", "mark"], "Yes."),
    (chat("Hi", "<|channel>thought\n<channel|>Yes.<unk>[UNK]"), ["mark"] * 4, "Yes."),
    (chat("Hi", "<|start|>assistant<|channel|>final<|message|>Yes.<|return|>"), ["mark"] * 4, "Yes."),
    (chat("Hi", "<|channel|>analysis<|message|>Hm.<|end|>"), ["mark"] * 3, "Hm."),
    (chat("Hi", "<|im_start|>assistant<|im_sep|>Yes.<|im_end|>"), ["mark"] * 3, "Yes."),
    (chat("Hi", "<|header_start|>assistant<|header_end|>\n\nYes.<|eot|>"), ["mark", "mark"], "Yes."),
    (chat("Hi", "<|start_of_role|>assistant<|end_of_role|>Yes.<|end_of_text|>"), ["mark"] * 3, "Yes."),
    (chat("Hi", "###Response: Yes.\n\n### End"), ["heading", "heading"], "Yes."),
    (chat("Hi", "ye\u061cs\u180e."), ["unseen", "unseen"], "yes."),
]


@pytest.mark.parametrize(("row", "found", "left"), FOUND)
def test_every_kind_of_leftover(tmp_path: Path, row: dict[str, Any], found: list[str], left: str) -> None:
    assert [kind for kind, _term in kinds(row)] == found
    (kept,) = stripped(tmp_path, row)
    assert answer_of(kept) == left
    assert kinds(kept) == []


@pytest.mark.parametrize(
    "text",
    [
        "nan",
        " NaN\n",
        "None",
        "null",
        "N/A",
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "<noinput>",
        "undefined",
        "#WERT!",
        "<|im_end|>",
        "\u200b",
    ],
)
def test_a_text_of_which_nothing_is_left_takes_its_row_along(tmp_path: Path, text: str) -> None:
    good = chat("Say", "Fine.")
    assert [row["id"] for row in stripped(tmp_path, good, chat("Hi", text), chat(text, "Hi"), good)] == [0, 3]


def test_an_empty_system_prompt_and_empty_thinking_go_alone(tmp_path: Path) -> None:
    ask, say = chat("Hi", "Yes.")["messages"]
    row = {
        "split": "train",
        "messages": [{"role": "system", "content": "None"}, ask, {**say, "reasoning_content": "<think>"}],
    }
    (kept,) = stripped(tmp_path, row)
    assert kept["messages"] == [ask, say]


def test_what_a_column_put_behind_a_question(tmp_path: Path) -> None:
    given = {"nan": "Name it.\nnan", "<noinput>": "Name it.\n<noinput>", "None": "Name it.\nNone"}
    rows = [chat(text, "Yes.") | {"extra": {"input": value}} for value, text in given.items()]
    assert [row["messages"][0]["content"] for row in stripped(tmp_path, *rows)] == ["Name it."] * 3
    assert kinds(chat("Is it None?\nNone", "Yes.")) == []
    assert kinds({"text": " nan "}) == [("placeholder", "nan")]


@pytest.mark.parametrize(
    "row",
    [
        chat("How does a text end?", "With `</s>` or `<|im_end|>`:\n```\n[INST] a [/INST]\n### Response:\n```"),
        chat("What is it?", "None of them, or null and nan."), chat("Answer with yes, no or None.", "None"), chat("Is it one of: null, 0?", "null"),
        chat("Document it", "## Call\n### Response:\nJSON\n### Errors:\nnone"), chat("What is a user?", "A user: a person."),
        chat("Think", "<think>Hm.</think> Yes."), chat("Think", "Hm.</think> Yes."), chat("What opens it?", "The tag <think> does."),
        chat("Family?", "👨\u200d👩\u200d👧 क्\u200dष می\u200cخواهم"), chat("ไทย", "ภาษา\u200bไทย"), chat("עברית", "שלום\u200f (abc) \u202aabc\u202c"),
        chat("Fill in: a [MASK] b <mask>.", "[MASK] is c."), chat("العربية", "سلام\u061c (abc)"), chat("Монгол", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ"),
        chat("Tags", "a <b> c <sub> [note] <|b|> [a] #1 ## Two"), chat("Hy", "co\u00adoperate"), chat("Empty?", "#N/A means that nothing was found."),
        {"split": "train", "text": "### Response:\nnan"}, chat("Was?", "It was <s>9.90</s> 7.90."),
    ],
)  # fmt: skip
def test_what_belongs_there_is_no_leftover(row: dict[str, Any]) -> None:
    assert kinds(row) == []
