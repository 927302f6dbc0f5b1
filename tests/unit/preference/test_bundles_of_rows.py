"""From rows with better and worse answers to tokens: the same as plain fine-tuning reads, the last answer alone being learnt."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from engine.data.templates.encoded import Bundle
from engine.data.templates.preview import example_tokens
from engine.data.templates.template import ChatTemplate
from engine.data.thoughts.wish import EMPTY, LEARN, STRIP
from engine.objectives import objective_of
from engine.objectives.preference.bundling import answered
from tests.unit.data.thought_templates import NAMES, taking

ASK, MORE = {"role": "user", "content": "Where is it?"}, {"role": "user", "content": "And the lamp?"}
FIRST = {"role": "assistant", "content": "On the shelf."}
GOOD = {"role": "assistant", "content": "In the hall.", "reasoning_content": "Lamps hang."}
BAD = {"role": "assistant", "content": "  Who knows where such lamps are, I do not."}
PAIRWISE = [objective_of(key) for key in ("dpo", "kto", "orpo", "simpo", "cpo")]
LONG = {"max_length": 512}


def made(key: str, template: ChatTemplate, *rows: dict[str, Any], **values: Any) -> tuple[list[Bundle], Counter[str]]:
    told: Counter[str] = Counter()
    maker = objective_of(key).examples(
        template, LONG | values, lambda name, count=1, fault=None: told.update({name: count})
    )
    bundles = [one for row in rows for one in maker.add(row)] + list(maker.close())
    assert all(isinstance(one, Bundle) for one in bundles)
    return bundles, +told  # type: ignore[return-value]


def pair(prompt: list[Any], good: Any = GOOD, bad: Any = BAD, **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "chosen": [good], "rejected": [bad], **more}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wish", [LEARN, STRIP, EMPTY])
def test_tokens_are_those_of_the_whole_conversation_behind_what_chat_sends(name: str, wish: str) -> None:
    template = taking(name).with_thinking(wish)
    for prompt in ([ASK], [ASK, FIRST, MORE]):
        found = answered(template, prompt, [[GOOD], [BAD]])
        assert found is not None
        assert found.prompt == template.encode_prompt(prompt)
        for said, answer in zip((GOOD, BAD), found.answers, strict=True):
            whole = template.encode([*prompt, said])
            learnt = [label for label in whole.labels[len(found.prompt) :] if label >= 0]
            assert whole.ids[: len(found.prompt) + len(answer)] == [*found.prompt, *answer]
            assert answer == learnt


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    return taking(NAMES[0])


@pytest.mark.parametrize("objective", PAIRWISE, ids=lambda one: one.key)
def test_better_answers_have_higher_tags_and_weights_stay(objective: Any, template: ChatTemplate) -> None:
    (bundle,), told = made(objective.key, template, pair([ASK], weight=2.5))
    assert bundle.tags[0] > bundle.tags[1]
    assert (len(bundle.answers), bundle.weight, told) == (2, 2.5, {})
    assert template.decode(bundle.answers[0]).strip().endswith("In the hall.")


def test_what_cannot_be_learnt_from_is_left_out_and_counted(template: ChatTemplate) -> None:
    parted = {"prompt": [ASK], "chosen": [FIRST, MORE, GOOD], "rejected": [BAD, MORE, GOOD]}
    rows = [pair([ASK], GOOD, GOOD), pair([ASK], weight=0), parted, pair([ASK], bad={**BAD, "content": "so " * 600})]
    bundles, told = made("dpo", template, *rows)
    assert bundles == []
    assert told == {"identical_answers": 1, "unlearnable": 1, "parted": 1, "dropped": 1}


def test_long_prompts_lose_their_beginning_and_answers_nothing(template: ChatTemplate) -> None:
    row = pair([{"role": "user", "content": "Tell me where. " * 40}])
    (whole,), _ = made("dpo", template, row)
    (cut,), told = made("dpo", template, row, max_length=64)
    room = 64 - max(map(len, whole.answers))
    assert told == {"cut_prompts": 1}
    assert cut.answers == whole.answers
    assert cut.prompt == whole.prompt[-room:]


def test_several_turns_that_answers_share_are_read(template: ChatTemplate) -> None:
    row = {"prompt": [ASK], "chosen": [FIRST, MORE, GOOD], "rejected": [FIRST, MORE, BAD]}
    (bundle,), _ = made("simpo", template, row)
    assert bundle.prompt == template.encode_prompt([ASK, FIRST, MORE])


def test_rankings_are_tagged_by_rank_and_what_says_the_same_counts_once(template: ChatTemplate) -> None:
    said = [[GOOD], [BAD], [FIRST], [BAD], [GOOD]]
    (bundle,), _ = made("dpo", template, {"prompt": [ASK], "answers": said, "ranks": [1, 2, 3, 2, 1]})
    assert [sorted(bundle.tags, reverse=True).index(tag) for tag in bundle.tags] == [0, 1, 2]
    (other,), _ = made("dpo", template, {"prompt": [ASK], "answers": said, "ranks": [1, 2, 3, 4, 1]})
    assert len(other.answers) == 2  # what stands at two ranks says nothing


def test_margins_widen_the_tags(template: ChatTemplate) -> None:
    (bundle,), _ = made("dpo", template, pair([ASK], margin=1.5))
    assert list(bundle.tags) == [2.5, 0.0]


def test_thumbs_carry_an_answer_to_another_question(template: ChatTemplate) -> None:
    thumb = {"prompt": [MORE], "completion": [FIRST], "label": False}
    (one, two), told = made("kto", template, pair([ASK]), thumb)
    assert (list(one.tags), list(two.tags), told) == ([1.0, 0.0], [0.0, -1.0], {})
    assert two.answers[1] == one.answers[0]


def test_two_thumbs_of_one_question_do_not_stand_for_another(template: ChatTemplate) -> None:
    def thumb(asked: Any, said: Any) -> dict[str, Any]:
        return {"prompt": [asked], "completion": [said], "label": said is GOOD}

    rows = [thumb(ASK, GOOD), thumb(ASK, BAD), thumb(MORE, GOOD), thumb(MORE, BAD)]
    (one, two, three, four), _told = made("kto", template, *rows)
    assert (len(one.answers), len(two.answers)) == (1, 1)
    assert three.answers[1] == four.answers[1] == two.answers[0]


def test_the_token_preview_shows_both_answers(template: ChatTemplate) -> None:
    row = pair([ASK], line=7, split="train")
    (shown,) = example_tokens([row], lambda told: objective_of("dpo").examples(template, LONG, told), template, 1)
    learnt = "".join(token["text"] for token in shown["tokens"] if token["trained"])
    assert "In the hall." in learnt
    assert "Who knows" in learnt
    assert "Where is it?" not in learnt
    assert (shown["row"], shown["texts"], shown["answers"]) == (7, 1, 2)
