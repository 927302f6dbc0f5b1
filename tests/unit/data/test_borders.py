"""Every answer is learnt behind exactly the tokens that chat sends, with all its white space, whatever the tokenizer merges."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from tests.unit.data.tokenizer_kinds import KINDS, LOSES_SPACE, tokenizer_of

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PLAIN = (  # not one control token
    "{% for m in messages %}{{ 'Question: ' if m.role == 'user' else 'Answer:' }}{{ m.content }}\n\n{% endfor %}"
    "{% if add_generation_prompt %}Answer:{% endif %}"
)
SPACED = (  # a space of the template's own before the answer, and one behind the prompt
    "{% for m in messages %}{% if m.role == 'user' %}{{ '<s>[INST] ' + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content + '</s>' }}{% endif %}{% endfor %}"
)
OPEN = (  # the prompt ends with a space
    "{% for m in messages %}{{ ('User: ' if m.role == 'user' else 'Bot: ') + m.content + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Bot: ' }}{% endif %}"
)
LINED = (  # a control token of its own before each answer, as Phi-3 has
    "{% for m in messages %}{{ ('[INST]\n' if m.role == 'user' else '[/INST]\n') + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[/INST]\n' }}{% endif %}"
)
TEMPLATES = {"chatml": CHATML, "plain": PLAIN, "spaced": SPACED, "open": OPEN, "lined": LINED}
ANSWERS = [
    "The kettle.", " yes", "  - one\n  - two", "\n  def f():\n    return 1", "    return pot", "\n\nThe lamp.\n", "\t\tx", "你好。", "s", "\n", "  ",
]  # fmt: skip
PAIRS = [(ANSWERS[place], ANSWERS[place - step]) for place in range(len(ANSWERS)) for step in (1, 4)]
ASK = {"role": "user", "content": "Where is the kettle?"}


def made(kind: str, name: str) -> ChatTemplate:
    special = {"bos_token": "<s>", "eos_token": "</s>"}
    return ChatTemplate(tokenizer_of(kind), TEMPLATES[name], special)


def say(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def runs(labels: list[int]) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for label in labels:
        if label != IGNORED:
            found[-1].append(label)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


@pytest.mark.parametrize(("kind", "name"), [*product(KINDS, TEMPLATES)])
def test_what_chat_sends_begins_the_trained_row_at_every_turn(kind: str, name: str) -> None:
    template = made(kind, name)
    for first, second in PAIRS:
        talk = [ASK, say(first), {"role": "user", "content": " And\nthe lamp? "}, say(second)]
        row = template.encode(talk)
        for turn in (1, 3):
            prompt = template.encode_prompt(talk[:turn])
            assert row.ids[: len(prompt)] == prompt, (first, second)
            assert row.labels[len(prompt) - 1] == IGNORED, (first, second)
            if kind not in LOSES_SPACE:  # an answer of white space alone is nothing there
                assert row.labels[len(prompt)] == row.ids[len(prompt)], (first, second)
        assert template.encode(talk, train_on="all").ids == row.ids


@pytest.mark.parametrize(("kind", "name"), [*product(sorted(KINDS.keys() - LOSES_SPACE), TEMPLATES)])
def test_an_answer_is_learnt_to_its_last_character(kind: str, name: str) -> None:
    template = made(kind, name)
    for first, second in PAIRS:
        learnt = runs(template.encode([ASK, say(first), ASK, say(second)]).labels)
        said = [template.answer_text(run) for run in learnt]
        if name == "plain":  # its end is two line breaks, which nothing tells from the answer's own
            assert said[-1] == second
            assert all(
                text.rstrip("\n") == answer.rstrip("\n") for text, answer in zip(said, (first, second), strict=True)
            )
        else:
            assert said == [first, second]


def test_templates_that_crop_answers_say_how_many() -> None:
    cropping = CHATML.replace("m.content", "m.content | trim")
    template = ChatTemplate(tokenizer_of("llama-3"), cropping, {"eos_token": "<|im_end|>"})
    talk = [ASK, say("    return pot"), ASK, say("The kettle."), ASK, say("\n  def f():")]
    assert template.encode(talk).cropped == 2
    assert made("llama-3", "chatml").encode(talk).cropped == 0


def test_offsets_hold_white_space_whatever_the_tokenizer_trims() -> None:
    """Else the line break before an answer seems to lie in it, and is learnt."""
    template = made("gpt-2 that trims", "chatml")
    row = template.encode([ASK, say("The kettle.")])
    assert [template.decode(run, skip_special=False) for run in runs(row.labels)] == ["The kettle.<|im_end|>"]


def test_a_first_token_is_never_doubled_by_a_cut() -> None:
    template = made("pieces, always", "chatml")
    row = template.encode([ASK, say("  - one")])
    assert template.decode(row.ids, skip_special=False).count("  - one") == 1


THINKING = (  # an empty thought before the answer, as Qwen 3 writes one, and a name in control tokens, as gpt-oss does
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' %}{{ lead }}{% endif %}{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.mark.parametrize("lead", ["<think>\n\n</think>\n\n", "[INST]final[/INST]", "  ", "\t"])
@pytest.mark.parametrize("kind", ["gpt-2", "llama-3", "pieces, first"])
def test_what_the_template_writes_before_an_answer_is_not_shown(kind: str, lead: str) -> None:
    """Else it would come into the next question twice, and spoil every score."""
    template = ChatTemplate(tokenizer_of(kind), THINKING, {"lead": lead})
    for answer in ANSWERS:
        row = template.encode([ASK, say(answer)])
        (run,) = runs(row.labels)
        assert template.answer_text(run) == answer
        assert all(answer.startswith(template.answer_text(run[:end])) for end in range(len(run)) if "final" in lead)
    assert template.answer_text(template.tokenizer.encode("finally", add_special_tokens=False).ids).strip() == "finally"


def test_white_space_behind_an_answer_is_the_templates_own_too() -> None:
    source = SPACED.replace("m.content + '</s>'", "m.content + ' </s>'")
    template = ChatTemplate(tokenizer_of("pieces, always"), source, {"bos_token": "<s>", "eos_token": "</s>"})
    for answer in ("yes", "  x\n", " y "):
        (run,) = runs(template.encode([ASK, say(answer)]).labels)
        assert template.answer_text(run) == answer


@pytest.mark.parametrize(("crop", "cropped"), [("| trim", " \t\n"), (".lstrip('\n')", "\n"), ("", "")])
def test_what_a_template_crops_is_known(crop: str, cropped: str) -> None:
    template = ChatTemplate(tokenizer_of("gpt-2"), CHATML.replace("m.content", f"(m.content{crop})"), {})
    assert template.crops_answers == cropped
    assert (
        template.encode([ASK, say("  x"), ASK, say("\n\nx"), ASK, say("x")]).cropped == {0: 0, 1: 1, 3: 2}[len(cropped)]
    )
