"""Reasoning before an answer: learnt where chat would have the model write it, counted where the template leaves it out."""

from __future__ import annotations

from typing import Any

import pytest

from engine.data.templates.check import check_template
from engine.data.templates.fit import Fit
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_overview import Tokens
from engine.data.thoughts.marks import thought_of
from tests.unit.data.end_templates import QWEN_3, R1, made, shaped

ASK, MORE = {"role": "user", "content": "Where is it?"}, {"role": "user", "content": "And the lamp?"}
THOUGHT = {"role": "assistant", "content": "<think>\nIt was red.\nSo it is hot.\n</think>\n\nOn the stove."}
AGAIN = {"role": "assistant", "content": "<think>\nLamps hang.\n</think>\n\nIn the hall."}
PLAIN = {"role": "assistant", "content": "In the hall."}
FIRST_R1 = R1.replace("<|assistant|><think>\n", "<|assistant|>")  # chat leaves the thought to the model
SPECIAL = {"bos_token": "<bos>", "eos_token": "<eos>"}


def learnt(template: ChatTemplate, messages: list[dict[str, Any]]) -> str:
    labels = template.encode(messages).labels
    return template.decode([label for label in labels if label != IGNORED], skip_special=False)


@pytest.mark.parametrize("name", ["r1", "qwen-3"])
@pytest.mark.parametrize("last", [THOUGHT, PLAIN])
def test_a_row_begins_with_what_chat_sends(name: str, last: dict[str, Any]) -> None:
    template = shaped(name)
    for talk in ([ASK], [ASK, PLAIN, MORE], [ASK, AGAIN, MORE]):
        prompt, encoded = template.encode_prompt(talk), template.encode([*talk, last])
        assert encoded.ids[: len(prompt)] == prompt
        assert encoded.labels[len(prompt)] == encoded.ids[len(prompt)]
        assert not [
            one
            for one in check_template(template, [{"messages": [*talk, last]}])["findings"]
            if "prompt" in one["code"]
        ]


def test_an_opened_thought_goes_on_as_in_the_row_or_is_closed() -> None:
    template = shaped("r1")
    assert learnt(template, [ASK, THOUGHT]) == "It was red.\nSo it is hot.\n</think>\n\nOn the stove.<eos>"
    assert learnt(template, [ASK, PLAIN]) == "\n</think>\n\nIn the hall.<eos>"
    bare = {"role": "assistant", "content": "It was red.\n</think>\nOn the stove."}  # as the model itself writes it
    assert learnt(template, [ASK, bare]) == "It was red.\n</think>\nOn the stove.<eos>"
    assert template.encode([ASK, THOUGHT]).lost_thoughts == 0


def test_an_earlier_answer_that_chat_would_have_begun_with_a_thought_is_only_read() -> None:
    talk = [ASK, PLAIN, MORE, THOUGHT]
    assert learnt(shaped("r1"), talk) == "It was red.\nSo it is hot.\n</think>\n\nOn the stove.<eos>"
    assert shaped("r1").encode(talk).skipped_turns == 1
    assert made(FIRST_R1, SPECIAL).encode(talk).skipped_turns == 0


@pytest.mark.parametrize(
    ("source", "talk", "lost"),
    [
        (R1, [ASK, THOUGHT, MORE, AGAIN], 1),
        (R1, [ASK, PLAIN, MORE, AGAIN], 0),
        (FIRST_R1, [ASK, THOUGHT], 1),  # left out altogether
        (FIRST_R1, [ASK, THOUGHT, MORE, AGAIN], 2),
        (FIRST_R1, [ASK, PLAIN], 0),
        (QWEN_3, [ASK, THOUGHT, MORE, AGAIN], 1),
        (QWEN_3, [ASK, THOUGHT], 0),
    ],
)
def test_reasoning_that_is_left_out_is_counted(source: str, talk: list[dict[str, Any]], lost: int) -> None:
    template = made(source, SPECIAL)
    assert template.encode(talk).lost_thoughts == lost
    fit, tokens = Fit(template, frozenset()), Tokens()
    for messages in (talk, [ASK, PLAIN]):
        fit.add([{"split": "train", "messages": messages}])
        tokens.add([{"split": "train", "messages": messages}], template)
    assert (fit.as_dict(2)["thoughts"], fit.as_dict(2)["thinking"]) == (int(lost > 0), lost)
    assert tokens.as_dict(2, None)["thoughts"] == int(lost > 0)
    found = [
        one for one in check_template(template, [{"messages": talk}])["findings"] if one["code"] == "template.thoughts"
    ]
    assert [one["params"] for one in found] == ([{"rows": 1, "answers": lost, "looked": 1}] if lost else [])


def test_marks_of_reasoning() -> None:
    assert thought_of("<think>a</think>b") == "a"
    assert thought_of("[THINK]a[/THINK]b") == "a"
    assert thought_of("a</think>b") == "a"
    assert thought_of("<think>\n\n</think>b") == ""
    assert thought_of("b") == ""
