"""Texts that are templates with a conversation filled in are split into turns: whole, without a mark left, or rejected by row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.data.detection.detect_upload import detect_upload
from engine.data.importing.arranging import rearranged
from engine.data.importing.import_rows import import_rows
from engine.data.records.bounds import ReadingBudget
from engine.data.records.record import RowFault
from engine.data.rows.store import read_rows
from engine.data.schema.filled_templates.declared import END_MARKS, FILLED_TEMPLATES, filled_template
from engine.data.schema.filled_templates.parse import split_text
from tests.unit.data.pipeline import Result, run

CASES = Path(__file__).parents[2] / "cases/data"
QUESTION, ANSWER = "What is {n}?\nSay it: <b>briefly</b>.", "A number.\n\n    x = {n}\n"
PREAMBLE = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)
TEXTS: dict[str, str] = {
    "chatml": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n{a}<|im_end|>\n",
    "llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{q}<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{a}<|eot_id|>",
    "gemma": "<bos><start_of_turn>user\n{q}<end_of_turn>\n<start_of_turn>model\n{a}<end_of_turn>\n",
    "inst": "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\n{q} [/INST] {a} </s>",
    "tags": "<|system|>\nS</s>\n<|user|>\n{q}</s>\n<|assistant|>\n{a}</s>",
    "deepseek": "<｜begin▁of▁sentence｜>S<｜User｜>{q}<｜Assistant｜>{a}<｜end▁of▁sentence｜>",
    "command": "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|USER_TOKEN|>{q}<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{a}<|END_OF_TURN_TOKEN|>",
    "granite": "<|start_of_role|>user<|end_of_role|>{q}<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>{a}<|end_of_text|>",
    "openchat": "GPT4 Correct User: {q}<|end_of_turn|>GPT4 Correct Assistant: {a}<|end_of_turn|>",
    "alpaca": PREAMBLE + "### Instruction:\n{q}\n\n### Response:\n{a}</s>",
    "hash_turns": "### Human: {q}### Assistant: {a}",
    "vicuna": "S USER: {q} ASSISTANT: {a}</s>",
    "speakers": "Human: {q}\n\nAssistant: {a}",
    "questions": "Q: {q}\nA: {a}",
    "alpaca_lines": PREAMBLE + "### Instruction\n{q}\n\n### Response\n{a}</s>",
    "hash_lines": "### User\n{q}\n\n### Assistant\n{a}",
    "angles": "<human>: {q}\n<bot>: {a}",
    "fields": "Instruction: {q}\nOutput: {a}",
}

WITH_SYSTEM = ("chatml", "llama3", "inst", "tags", "deepseek", "vicuna")


def filled(key: str, n: int) -> str:
    return TEXTS[key].replace("{q}", QUESTION).replace("{a}", ANSWER.strip()).replace("{n}", str(n))


def rows_of(texts: list[str], column: str = "text") -> bytes:
    return "".join(json.dumps({column: text}) + "\n" for text in texts).encode()


def pairs(result: Result) -> list[tuple[str, str]]:
    return [tuple(turn["content"] for turn in row["messages"] if turn["role"] != "system") for row in result.rows]  # type: ignore[misc]


@pytest.mark.parametrize("case", ["human_assistant_text", "chatml_text"])
def test_the_cases(case: str, tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / f"{case}.jsonl").read_bytes(), f"{case}.jsonl")
    assert pairs(result) == [(f"What is {n}?", "A number.") for n in range(6)]
    assert [note["code"] for note in result.source.notes if note["what"] == "arrange"] == ["arrange.filled"]
    plain = rearranged(result.source, {"how": "none"}, ReadingBudget())  # one click back
    done = import_rows(plain, "text", {"text": "text"}, tmp_path / "plain", val_fraction=0, seed=1)
    assert done.stored is not None
    assert next(read_rows(done.stored.path))["text"] in (CASES / f"{case}.jsonl").read_text().encode().decode(
        "unicode_escape"
    )


@pytest.mark.parametrize("key", [template.key for template in FILLED_TEMPLATES])
def test_each_template_is_recognised_and_split_whole(key: str, tmp_path: Path) -> None:
    result = run(tmp_path, rows_of([filled(key, n) for n in range(12)]))
    assert (result.source.arrange or {}).get("template") == key
    assert pairs(result) == [
        (QUESTION.replace("{n}", str(n)), ANSWER.strip().replace("{n}", str(n))) for n in range(12)
    ]
    systems = [row["messages"][0]["content"] for row in result.rows if row["messages"][0]["role"] == "system"]
    assert systems == (["S"] * 12 if key in WITH_SYSTEM else [])
    assert not any(mark in turn["content"] for row in result.rows for turn in row["messages"] for mark in END_MARKS)


def test_several_turns_and_inputs() -> None:
    def turns(key: str, text: str) -> list[tuple[str, str]]:
        template = filled_template(key)
        assert template is not None
        return [(turn["role"][0], turn["content"]) for turn in split_text(text, template, "text")]

    assert turns("inst", "<s>[INST] a [/INST] b </s><s>[INST] c [/INST] d</s>") == [
        ("u", "a"),
        ("a", "b"),
        ("u", "c"),
        ("a", "d"),
    ]
    assert turns("inst", "[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]a[/INST]b</s>") == [("s", "S"), ("u", "a"), ("a", "b")]
    assert turns("alpaca", "### Instruction:\na\n\n### Input:\nb\n\n### Response:\nc\n### End") == [
        ("u", "a\nb"),
        ("a", "c"),
    ]
    assert turns("vicuna", "S USER: a ASSISTANT: b</s>USER: c ASSISTANT: d</s>") == [
        ("s", "S"),
        ("u", "a"),
        ("a", "b"),
        ("u", "c"),
        ("a", "d"),
    ]
    assert turns("tags", "<|user|>\na<|end|>\n<|assistant|>\nb<|end|>\n<|endoftext|>") == [("u", "a"), ("a", "b")]
    assert turns("chatml", "<|im_start|>user<|im_sep|>a<|im_end|><|im_start|>assistant<|im_sep|>b<|im_end|>") == [
        ("u", "a"),
        ("a", "b"),
    ]
    assert turns("chatml", "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n") == [("u", "a")]


FAULTS: list[tuple[str, str, str]] = [
    ("chatml", "no mark at all", "data.filled.no_mark"),
    ("chatml", "before <|im_start|>user\na<|im_end|>", "data.filled.lead"),
    ("chatml", "<|im_start|>narrator\na<|im_end|>", "data.filled.role"),
    ("chatml", "<|im_start|>user\na<|im_end|> and <|im_start|>assistant\nb <|im_end|> c", "data.filled.mark_left"),
    (
        "gemma",
        "<start_of_turn>user\na<end_of_turn>\n<start_of_turn>model\nb<|im_end|>c<end_of_turn>",
        "data.filled.mark_left",
    ),
    ("alpaca", "### Input:\na\n### Response:\nb", "data.filled.input"),
]


@pytest.mark.parametrize(("key", "text", "code"), FAULTS)
def test_what_does_not_parse_whole_is_rejected(key: str, text: str, code: str) -> None:
    template = filled_template(key)
    assert template is not None
    with pytest.raises(RowFault) as caught:
        split_text(text, template, "text")
    assert caught.value.code == code


def test_odd_rows_are_rejected_by_line_and_the_others_stay(tmp_path: Path) -> None:
    texts = [filled("inst", n) for n in range(10)]
    texts[3], texts[6] = "Just a text.", "<s>[INST] unanswered [/INST]"
    result = run(tmp_path, rows_of(texts))
    assert len(result.rows) == 8
    assert [(one["line"], one["code"]) for one in result.rejected] == [
        (4, "data.filled.no_mark"),
        (7, "data.filled.no_answer"),
    ]


PAIRS: list[Callable[[int], dict[str, Any]]] = [
    lambda n: {"prompt": f"### Instruction:\nDo {n}\n\n### Response:\n", "completion": f"Done {n}"},
    lambda n: {"prompt": f"{PREAMBLE}### Instruction:\nDo {n}\n\n### Response:", "completion": f" Done {n}</s>"},
    lambda n: {"prompt": f"Do {n}", "completion": f"### Response: Done {n}"},
    lambda n: {"prompt": f"### Instruction:\nDo {n}", "completion": f"### Response:\nDone {n}<|endoftext|>"},
    lambda n: {"instruction": f"Human: Do {n}\nAssistant:", "output": f"Done {n}"},
    lambda n: {"instruction": f"### Instruction: Do {n} ### Response:", "input": "", "output": f"Done {n}"},
    lambda n: {"prompt": f"<s>[INST] Do {n} [/INST]", "completion": f"Done {n}</s>"},
]


@pytest.mark.parametrize("make", PAIRS)
def test_prompt_and_completion_with_marks_are_one_conversation(
    make: Callable[[int], dict[str, Any]], tmp_path: Path
) -> None:
    result = run(tmp_path, "".join(json.dumps(make(n)) + "\n" for n in range(6)).encode())
    assert pairs(result) == [(f"Do {n}", f"Done {n}") for n in range(6)]


def test_pairs_of_answers_with_marks(tmp_path: Path) -> None:
    ask = "<|im_start|>user\nQ{n}<|im_end|>\n<|im_start|>assistant\n"
    rows = [
        {"prompt": ask.replace("{n}", str(n)), "chosen": "good<|im_end|>", "rejected": "bad<|im_end|>"}
        for n in range(6)
    ]
    result = run(tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode())
    kept = [[[turn["content"] for turn in row[key]] for key in ("prompt", "chosen", "rejected")] for row in result.rows]
    assert kept == [[[f"Q{n}"], ["good"], ["bad"]] for n in range(6)]


SCRIPTS = {
    "alpaca": "".join(
        f"{PREAMBLE}### Instruction:\nDo {n}\n\n### Response:\nDone {n}\n\nand more\n\n" for n in range(4)
    ),
    "paragraphs": "".join(f"Human: Do {n}\n\nAssistant: Done {n}\n\nand more\n\n" for n in range(4)),
    "lines": "".join(f"User: Do {n}\nBot: Done {n}\n" for n in range(4)),
    "chatml": "".join(
        f"<|im_start|>user\nDo {n}<|im_end|>\n<|im_start|>assistant\nDone {n}<|im_end|>\n" for n in range(4)
    ),
    "blocks": "".join(f"Human: Do {n}\nAssistant: Done {n}\n\n" for n in range(4)),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_running_text_with_speakers_is_split_into_turns(name: str, tmp_path: Path) -> None:
    result = run(tmp_path, SCRIPTS[name].encode(), "talk.txt")
    turns = [turn["content"] for row in result.rows for turn in row["messages"]]
    more = "\n\nand more" if name in ("alpaca", "paragraphs") else ""
    assert turns == [text for n in range(4) for text in (f"Do {n}", f"Done {n}{more}")]
    assert len(result.rows) == (4 if name in ("alpaca", "blocks") else 1)


def test_a_part_of_the_texts_is_split_only_by_choice(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(rows_of([filled("speakers", n) if n % 2 else f"A text {n}." for n in range(10)]))
    source = detect_upload(tmp_path / "upload", "data.jsonl")
    assert (source.shape, [way["code"] for way in source.ways]) == ("text", ["arrange.none", "arrange.filled"])
    assert (source.notes[-1]["code"], source.notes[-1]["params"]["share"]) == ("arrange.some", 50)


def test_prompts_without_answers_stay_texts(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(rows_of(["<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"] * 5))
    source = detect_upload(tmp_path / "upload", "data.jsonl")
    assert (source.shape, source.ways) == ("text", [])


def test_ordinary_texts_stay_texts(tmp_path: Path) -> None:
    for texts in (
        ["# Notes\nUser: the person who uses it.", "Text about A: and B:", "a <|im_end|> b", "Q: one question alone"]
        * 3,
        ["### Introduction:\nonce", "### Response:\nwithout a question"] * 5,
    ):
        (tmp_path / "upload").write_bytes(rows_of(texts))
        source = detect_upload(tmp_path / "upload", "data.jsonl")
        assert (source.shape, source.arrange, source.ways) == ("text", None, [])


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("<|prompter|>Q {n}<|endoftext|><|assistant|>A<|endoftext|>", "Q {n}"),
        ("Frage: Q {n}\nAntwort: A", "Q {n}"),
        ("Instruction: Q {n}\nInput: more\nOutput: A", "Q {n}\nmore"),
        ("### Instruction:\nQ {n}\n\n### Response:\nA", "Q {n}"),
    ],
)
def test_other_ways_to_write_the_marks(text: str, asked: str, tmp_path: Path) -> None:
    result = run(tmp_path, rows_of([text.replace("{n}", str(n)) for n in range(4)]))
    assert pairs(result) == [(asked.replace("{n}", str(n)), "A") for n in range(4)]


def test_headings_of_an_answer_are_no_marks_beside_those_with_colons(tmp_path: Path) -> None:
    text = "### Instruction:\nQ\n\n### Response:\nSee:\n### Input\nx\n### Response\ny"
    assert pairs(run(tmp_path, rows_of([text] * 3)))[0] == ("Q", "See:\n### Input\nx\n### Response\ny")


@pytest.mark.parametrize("key", ["chatml", "speakers", "hash_turns"])
def test_dialogues_that_are_judged_or_summed_up_are_not_split_by_themselves(key: str, tmp_path: Path) -> None:
    judged = [{"text": filled(key, n), "label": ("safe", "unsafe")[n % 2]} for n in range(8)]
    result = run(tmp_path, "".join(json.dumps(row) + "\n" for row in judged).encode())
    assert (result.source.shape, result.pairs[1][1]) == ("classification", "unsafe")
    assert [way["arrange"]["how"] for way in result.source.ways] == ["none", "filled"]
    summed = [{"dialogue": filled(key, n), "summary": f"Somebody asks {n}."} for n in range(8)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in summed))
    source = detect_upload(tmp_path / "x.jsonl", "x.jsonl")
    assert (source.shape, [way["arrange"]["how"] for way in source.ways]) == (None, ["none", "filled"])
