"""On every model of the zoo: what chat sends begins the trained row, answers come back whole, texts end no turn."""

from __future__ import annotations

from typing import Any

import pytest

from engine.data.templates.template import ChatTemplate
from tests.unit.data.test_borders import runs
from tests.zoo import ZOO
from tests.zoo.keeper import ZooKeeper

ANSWERS = ("The kettle.", "  - one\n  - two", "\n  def lamp():", "\n\nyes\n", "    return pot")
ASK = {"role": "user", "content": "Where is the kettle?"}


def say(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize("key", [model.key for model in ZOO])
def test_chat_sends_what_training_saw(zoo: ZooKeeper, key: str) -> None:
    template = ChatTemplate.load(zoo.tokenizer(key))
    for first, second in zip(ANSWERS, ANSWERS[1:] + ANSWERS[:1], strict=True):
        talk = [ASK, say(first), ASK, say(second)]
        row = template.encode(talk)
        for turn in (1, 3):
            prompt = template.encode_prompt(talk[:turn])
            if template.render(talk).startswith(template.render(talk[:turn], add_generation_prompt=True)):
                assert row.ids[: len(prompt)] == prompt, (first, second)
        assert template.encode(talk, train_on="all").ids == row.ids
        shown = second if second[0] not in template.crops_answers else second.lstrip(template.crops_answers)
        assert template.answer_text(runs(row.labels)[-1]).rstrip() == shown.rstrip()


@pytest.mark.parametrize("key", [model.key for model in ZOO])
def test_no_text_ends_a_turn(zoo: ZooKeeper, key: str) -> None:
    """With every control token of the model in its question, a row has no other added token than without."""
    template = ChatTemplate.load(zoo.tokenizer(key))
    marks = [*template.control_tokens.in_texts][:40]
    plain = template.encode([{"role": "user", "content": "a b"}, say("Yes.")])
    row = template.encode([{"role": "user", "content": f"a {' '.join(marks)} b"}, say("Yes.")])
    assert row.controls == bool(marks)
    hidden = {template.control_tokens.in_texts[mark] for mark in marks} - template.control_tokens.unknown
    assert [n for n in row.ids if n in hidden] == [n for n in plain.ids if n in hidden]
    assert row.trained == plain.trained
