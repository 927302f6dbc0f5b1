"""Chat templates without generation tags: the same tokens as transformers, and labels on exactly the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from engine.core.errors import Fault
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from tests import tiny

LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
QWEN = """{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou are Qwen.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == 'user') or (message.role == 'system' and not loop.first) or (message.role == 'assistant') %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
GENERATION = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
REASONING = (  # like Qwen3: a think block in the last answer only
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEMPLATES: dict[str, tuple[str, dict[str, str], str]] = {  # template, special tokens, what ends an answer
    "chatml": (tiny.CHATML, tiny.SPECIAL, "<|im_end|>"),
    "llama3": (LLAMA3, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}, "<|eot_id|>"),
    "qwen": (QWEN, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}, "<|im_end|>"),
    "mistral": (MISTRAL, {"bos_token": "<s>", "eos_token": "</s>"}, "</s>"),
    "gemma": (GEMMA, {"bos_token": "<bos>", "eos_token": "<eos>"}, "<end_of_turn>"),
    "tagged": (GENERATION, tiny.SPECIAL, "<|im_end|>"),
}
CONVERSATION = [
    {"role": "user", "content": "What is the colour of the kettle?"},
    {"role": "assistant", "content": "The kettle is needle."},
    {"role": "user", "content": "你好，请问灯在哪里？"},
    {"role": "assistant", "content": "Naïve café 你好! 🦜"},
]


def load(folder: Path, template: str | None, special: dict[str, str]) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(folder, template, special))


def learnt(template: ChatTemplate, labels: list[int]) -> list[str]:
    """The text of each run of labels."""
    runs: list[list[int]] = [[]]
    for label in labels:
        if label != IGNORED:
            runs[-1].append(label)
        elif runs[-1]:
            runs.append([])
    return [template.decode(run, skip_special=False) for run in runs if run]


@pytest.mark.parametrize("name", TEMPLATES)
def test_tokens_equal_those_of_transformers(name: str, tmp_path: Path) -> None:
    source, special, _end = TEMPLATES[name]
    template = load(tmp_path, source, special)
    reference = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for messages in (CONVERSATION[:2], CONVERSATION):
        text = reference.apply_chat_template(messages, tokenize=False)
        assert template.render(messages) == text
        assert template.encode({"messages": messages}).ids == reference.apply_chat_template(messages)["input_ids"]
    asked = CONVERSATION[:3]
    assert (
        template.encode_prompt(asked) == reference.apply_chat_template(asked, add_generation_prompt=True)["input_ids"]
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_labels_are_exactly_the_answers_with_their_end(name: str, tmp_path: Path) -> None:
    source, special, end = TEMPLATES[name]
    template = load(tmp_path, source, special)
    encoded = template.encode(CONVERSATION)
    lead = " " if name == "mistral" else ""
    answers = [lead + m["content"] + end for m in CONVERSATION if m["role"] == "assistant"]
    assert learnt(template, encoded.labels) == answers
    assert encoded.skipped_turns == 0


@pytest.mark.parametrize("name", ["chatml", "qwen", "llama3", "tagged"])
def test_system_prompts_are_shown_and_never_learnt(name: str, tmp_path: Path) -> None:
    source, special, end = TEMPLATES[name]
    template = load(tmp_path, source, special)
    messages = [{"role": "system", "content": "Be brief."}, *CONVERSATION[:2]]
    encoded = template.encode(messages)
    assert "Be brief." in template.decode(encoded.ids)
    assert learnt(template, encoded.labels) == ["The kettle is needle." + end]


def test_prompt_and_answer_make_up_the_whole(tmp_path: Path) -> None:
    """What chat sends is what training masks: no token of one is a token of the other."""
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    encoded = template.encode(CONVERSATION[:2])
    prompt = template.encode_prompt(CONVERSATION[:1])
    assert encoded.ids[: len(prompt)] == prompt
    assert encoded.labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert encoded.labels[len(prompt)] == encoded.ids[len(prompt)]


def test_a_template_that_rewrites_earlier_answers_trains_only_the_last(tmp_path: Path) -> None:
    template = load(tmp_path, REASONING, tiny.SPECIAL)
    encoded = template.encode(CONVERSATION)
    assert encoded.skipped_turns == 1
    assert learnt(template, encoded.labels) == ["<think>\n\n</think>\n\nNaïve café 你好! 🦜<|im_end|>"]


def test_a_conversation_that_begins_with_an_answer(tmp_path: Path) -> None:
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    messages = [{"role": "assistant", "content": "Hello!"}, *CONVERSATION[:2]]
    assert learnt(template, template.encode(messages).labels) == ["Hello!<|im_end|>", "The kettle is needle.<|im_end|>"]


def test_an_answer_that_repeats_the_question_is_placed_right(tmp_path: Path) -> None:
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    messages = [{"role": "user", "content": "kettle"}, {"role": "assistant", "content": "kettle"}]
    encoded = template.encode(messages)
    assert learnt(template, encoded.labels) == ["kettle<|im_end|>"]
    assert encoded.labels.index(next(x for x in encoded.labels if x != IGNORED)) > len(encoded.ids) // 2


def test_everything_is_learnt_on_request_and_of_plain_text(tmp_path: Path) -> None:
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    encoded = template.encode({"messages": CONVERSATION}, train_on="all")
    assert encoded.labels == encoded.ids
    text = template.encode({"text": "A kettle of copper."})
    assert text.labels == text.ids
    assert template.decode(text.ids, skip_special=False) == "A kettle of copper.<|im_end|>"


def test_cutting_keeps_the_beginning_and_tells(tmp_path: Path) -> None:
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    whole = template.encode(CONVERSATION)
    cut = template.encode(CONVERSATION, max_length=40)
    assert cut.ids == whole.ids[:40]
    assert cut.truncated
    assert cut.full_length == len(whole.ids)
    assert not whole.truncated
    assert template.encode(CONVERSATION, max_length=10).trained == 0


def test_pieces_join_to_the_text(tmp_path: Path) -> None:
    template = load(tmp_path, tiny.CHATML, tiny.SPECIAL)
    ids = template.encode(CONVERSATION).ids
    assert "".join(template.pieces(ids)) == template.render(CONVERSATION)
    assert len(template.pieces(ids)) == len(ids)


def test_a_refusal_carries_the_templates_reason(tmp_path: Path) -> None:
    template = load(tmp_path, *TEMPLATES["mistral"][:2])
    with pytest.raises(Fault, match="must alternate") as caught:
        template.encode(CONVERSATION[1:])
    assert caught.value.code == "template.refused"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% set ns = namespace(__init__=1) %}",
        "{{ messages.append({'role': 'user'}) }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
    ],
)
def test_a_template_cannot_leave_the_sandbox(source: str, tmp_path: Path) -> None:
    template = load(tmp_path, source, tiny.SPECIAL)
    with pytest.raises(Fault) as caught:
        template.render(CONVERSATION)
    assert caught.value.code == "template.refused"


@pytest.mark.parametrize(("template", "code"), [("{% if %}", "template.broken"), (None, "template.missing")])
def test_broken_and_missing_templates_are_named(template: Any, code: str, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        load(tmp_path, template, tiny.SPECIAL).render(CONVERSATION)
    assert caught.value.code == code
