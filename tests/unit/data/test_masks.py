"""Exactly the assistant's words, its calls of tools and its end token are learnt, whatever the template; nothing is lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.templates.masking import IGNORED
from tests.unit.data.chat_templates import TOKENS, learnt, published

SYSTEM = {"role": "system", "content": "Be brief."}
ASK, SAY = {"role": "user", "content": "Where is the kettle?"}, {"role": "assistant", "content": "On the stove. 🫖"}
MORE, LAST = {"role": "user", "content": "你好，灯呢？"}, {"role": "assistant", "content": "In the hall."}
TOOL = {
    "type": "function",
    "function": {
        "name": "find_thing",
        "description": "Finds a thing.",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


def call(*names: str) -> dict[str, Any]:
    calls = [{"id": f"call0000{place}", "type": "function", "function": {"name": "find_thing", "arguments": {"name": name}}} for place, name in enumerate(names)]  # fmt: skip
    return {"role": "assistant", "content": "", "tool_calls": calls}


RESULT = {"role": "tool", "content": "stove", "name": "find_thing", "tool_call_id": "call00000"}
END = {
    "chatml": "<|im_end|>",
    "smollm2": "<|im_end|>",
    "zephyr": "</s>",
    "mistral-v0.1": "</s>",
    "mistral-v0.3": "</s>",
    "gemma-2": "<end_of_turn>",
    "phi-3": "<|end|>",
    "phi-3-first": "<|end|>",
    "llama-3.1": "<|eot_id|>",
    "qwen-2.5": "<|im_end|>",
    "qwen-3": "<|im_end|>",
}
LEAD = {"mistral-v0.3": " ", "qwen-3": "<think>\n\n</think>\n\n"}  # what the template puts before the (last) answer
CALLED = {
    "mistral-v0.3": '[TOOL_CALLS] [{"name": "find_thing", "arguments": {"name": "kettle"}, "id": "call00000"}]</s>',
    "llama-3.1": '{"name": "find_thing", "parameters": {"name": "kettle"}}<|eot_id|>',
    "qwen-2.5": '<tool_call>\n{"name": "find_thing", "arguments": {"name": "kettle"}}\n</tool_call><|im_end|>',
    "qwen-3": '<tool_call>\n{"name": "find_thing", "arguments": {"name": "kettle"}}\n</tool_call><|im_end|>',
}


def answers(name: str, *messages: dict[str, str]) -> list[str]:
    return [LEAD.get(name, "") + message["content"] + END[name] for message in messages]


def code_of(name: str, row: Any) -> tuple[str, Any]:
    with pytest.raises(Fault) as caught:
        published(name).encode(row)
    return caught.value.code, caught.value.params.get("reason")


@pytest.mark.parametrize("name", sorted(TOKENS.keys() - {"qwen-3"}))
def test_every_answer_of_a_conversation_is_learnt_with_its_end(name: str) -> None:
    template = published(name)
    row = {"messages": [ASK, SAY, MORE, LAST]}
    assert learnt(template, row) == answers(name, SAY, LAST)
    assert template.encode(row).skipped_turns == 0


def test_answers_that_are_rewritten_later_are_left_out_and_counted() -> None:
    row = {"messages": [ASK, SAY, MORE, LAST]}
    assert learnt(published("qwen-3"), row) == answers("qwen-3", LAST)
    assert published("qwen-3").encode(row).skipped_turns == 1


@pytest.mark.parametrize("name", ["chatml", "smollm2", "zephyr", "phi-3", "llama-3.1", "qwen-2.5", "qwen-3"])
def test_system_prompts_are_shown_and_never_learnt(name: str) -> None:
    template = published(name)
    row = {"messages": [SYSTEM, ASK, SAY]}
    assert learnt(template, row) == answers(name, SAY)
    assert "Be brief." in template.decode(template.encode(row).ids)


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("gemma-2", "template.refused", "System role not supported"),
        ("mistral-v0.1", "template.refused", "Conversation roles must alternate user/assistant/user/assistant/..."),
        ("mistral-v0.3", "template.drops_system", None),  # shows it only while the user has the last word
        ("phi-3-first", "template.drops_system", None),
    ],
)
def test_a_system_prompt_that_would_be_lost_is_said(name: str, code: str, reason: str | None) -> None:
    assert code_of(name, {"messages": [SYSTEM, ASK, SAY]}) == (code, reason)


@pytest.mark.parametrize("name", CALLED)
def test_calls_are_learnt_and_results_never(name: str) -> None:
    template = published(name)
    row = {"messages": [ASK, call("kettle"), RESULT, SAY], "tools": [TOOL]}
    assert learnt(template, row) == [CALLED[name], *answers(name, SAY)]
    shown = template.decode(template.encode(row).ids)
    assert "Finds a thing." in shown
    assert "stove" in shown


@pytest.mark.parametrize("name", ["llama-3.1", "qwen-2.5"])
def test_tools_with_a_system_prompt_over_several_turns(name: str) -> None:
    row = {"messages": [SYSTEM, ASK, call("kettle"), RESULT, SAY, MORE, LAST], "tools": [TOOL]}
    assert learnt(published(name), row) == [CALLED[name], *answers(name, SAY, LAST)]


def test_a_conversation_may_end_with_a_call() -> None:
    for name, called in CALLED.items():
        expected = [LEAD["qwen-3"] + called] if name == "qwen-3" else [called]
        assert learnt(published(name), {"messages": [ASK, call("kettle")], "tools": [TOOL]}) == expected


def test_several_calls_at_once_and_words_before_them() -> None:
    said = {**call("kettle", "lamp"), "content": "I use find_thing twice."}
    row = {"messages": [ASK, said, RESULT, {**RESULT, "tool_call_id": "call00001"}, SAY], "tools": [TOOL]}
    called = [f'\n<tool_call>\n{{"name": "find_thing", "arguments": {{"name": "{n}"}}}}\n</tool_call>' for n in ("kettle", "lamp")]  # fmt: skip
    expected = ["I use find_thing twice." + "".join(called) + "<|im_end|>", *answers("qwen-2.5", SAY)]
    assert learnt(published("qwen-2.5"), row) == expected
    assert code_of("llama-3.1", row)[1] == "This model only supports single tool-calls at once!"


@pytest.mark.parametrize(
    ("name", "messages", "tools", "code"),
    [
        ("smollm2", [ASK, SAY], [TOOL], "template.drops_tools"),
        ("gemma-2", [ASK, SAY], [TOOL], "template.drops_tools"),
        ("chatml", [ASK, call("kettle"), RESULT, SAY], None, "template.drops_calls"),
        ("zephyr", [ASK, SAY, RESULT, LAST], None, "template.drops_results"),
        ("mistral-v0.1", [ASK, call("kettle"), RESULT, SAY], None, "template.refused"),
    ],
)
def test_tools_that_would_be_lost_are_said(name: str, messages: Any, tools: Any, code: str) -> None:
    row = {"messages": messages} | ({"tools": tools} if tools else {})
    assert code_of(name, row)[0] == code


def test_an_answer_that_holds_the_marks_of_a_turn_is_learnt_to_its_real_end() -> None:
    said = {"role": "assistant", "content": "It is written <|im_end|> there."}
    assert learnt(published("chatml"), [ASK, said, MORE, LAST]) == [
        said["content"] + "<|im_end|>",
        *answers("chatml", LAST),
    ]


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_what_is_learnt_follows_what_chat_would_send(name: str) -> None:
    template = published(name)
    encoded, prompt = template.encode([ASK, SAY]), template.encode_prompt([ASK])
    assert encoded.ids[: len(prompt)] == prompt
    assert encoded.labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert encoded.labels[len(prompt)] == encoded.ids[len(prompt)]


def test_chat_says_as_well_that_a_system_prompt_would_be_lost() -> None:
    with pytest.raises(Fault, match=r"template\.drops_system"):
        published("phi-3-first").encode_prompt([SYSTEM, ASK])
    shown = published("mistral-v0.3").encode_prompt([SYSTEM, ASK])
    assert "Be brief." in published("mistral-v0.3").decode(shown)


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_texts_equal_those_of_transformers(name: str) -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    template = published(name)
    special = {key: value for key, value in TOKENS[name].items() if key != "ends"}
    rows: list[tuple[list[dict[str, Any]], Any]] = [([ASK, SAY, MORE, LAST], None)]
    rows += [([ASK, call("kettle"), RESULT, SAY], [TOOL])] if name in CALLED else []
    for messages, tools in rows:
        for ask in (False, True):
            expected, _ = render_jinja_template(
                [messages], tools=tools, chat_template=template.source, add_generation_prompt=ask, **special
            )
            assert template.render(messages, ask, tools) == expected[0]


def test_pairs_and_thumbs_show_the_wanted_answer() -> None:
    template = published("chatml")
    assert learnt(template, {"prompt": [ASK], "chosen": [SAY], "rejected": [LAST]}) == answers("chatml", SAY)
    assert learnt(template, {"prompt": [ASK], "completion": [SAY], "label": False}) == answers("chatml", SAY)
