"""What is asked of each kind of row, and how rewarded answers become examples."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from engine.core.params import read_all
from engine.data.templates.template import ChatTemplate
from engine.methods import METHODS
from engine.objectives import OBJECTIVES, objective_of
from engine.rewards.declaration import Answered
from engine.rewards.total import Scored
from engine.training.batches.examples import join_parts
from engine.training.online.answered_rows import win_rate
from engine.training.rollout.decode import WrittenTokens
from engine.training.rollout.prompt_rows import prompt_rows
from engine.training.rollout.rewarded import bundles, figures_of, rewarded
from tests import tiny

ASKED = [{"role": "user", "content": "Tell me about the kettle."}]
ROWS: list[dict[str, Any]] = [
    {"split": "train", "prompt": ASKED, "reference": {"answer": "red"}},
    {"split": "train", "messages": [*ASKED, {"role": "assistant", "content": "It is red."}]},
    {"split": "train", "messages": ASKED},
    {"split": "val", "prompt": [{"role": "user", "content": "kettle " * 60}]},
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def values(**given: Any) -> dict[str, Any]:
    found, faults = read_all(objective_of("grpo").params, {"max_length": 64, "answer_tokens": 16} | given, "training")
    assert not faults
    return found


def test_answers_are_never_in_the_prompts_and_long_ones_lose_their_beginning(template: ChatTemplate) -> None:
    told: Counter[str] = Counter()

    def left_out(name: str, count: int = 1, fault: Any = None) -> None:
        told[name] += count

    maker = objective_of("grpo").examples(template, values(), left_out)
    made = [list(maker.add(row)) for row in ROWS]
    first, second, none, long = ([join_parts(one) for one in several] for several in made)
    asked = template.encode_prompt(ASKED)
    assert first[0].ids.tolist() == second[0].ids.tolist() == asked
    assert first[0].trained == 0
    assert none == []
    assert long[0].ids.tolist() == template.encode_prompt(ROWS[3]["prompt"])[-48:]
    assert (told["unlearnable"], told["truncated"]) == (1, 1)
    counts = {"train": 2, "val": 1}
    rows = prompt_rows(ROWS, template, objective_of("grpo"), values(), counts, lambda: None)
    assert [rows["train"][place] for place in range(2)] == ROWS[:2]
    assert rows["val"][0] == ROWS[3]


def test_rewards_see_words_without_the_end_and_cut_off_answers_get_their_own(template: ChatTemplate) -> None:
    end = template.eos_ids[0]
    words = template.tokenizer.encode("The kettle is red.").ids
    found = [WrittenTokens([*words, end], True), WrittenTokens(words, False), WrittenTokens([*words, end], True)]
    seen: list[Answered] = []

    class Scores:
        def score(self, batch: Any) -> Scored:
            seen.extend(batch)
            return Scored([1.0, 1.0, None], {"a": [1.0, 1.0, None]}, {"a": 1})

    told = rewarded(Scores(), [ROWS[1]] * 3, found, template, frozenset({end}), values(unfinished_reward=-2.0))
    assert [one.answer for one in seen] == ["The kettle is red."] * 3
    assert [(one.question, one.ended) for one in seen[:2]] == [(ASKED, True), (ASKED, False)]
    assert told.totals[:2] == [1.0, -2.0]
    assert np.isnan(told.totals[2])
    (prompt,) = (join_parts(one) for one in objective_of("grpo").examples(template, values(), print).add(ROWS[0]))
    (example,) = bundles([prompt], found, told.totals)
    assert example.tags is not None
    assert example.tags.tolist() == [1.0, -2.0]  # of what nothing is said, nothing is learnt
    assert example.label_counts == [len(words) + 1, len(words)]
    assert example.answer_notes["ended"].tolist() == [1.0, 0.0]
    figures = figures_of(found, told)
    assert (figures["reward"], figures["reward/a"], figures["ended"]) == (-0.5, 1.0, pytest.approx(2 / 3))


def test_wins_over_the_start_count_ties_half_and_what_is_unknown_not() -> None:
    assert win_rate([1.0, 0.0, 0.5, float("nan")], [0.0, 1.0, 0.5, 0.0]) == 0.5
    assert np.isnan(win_rate([float("nan")], [1.0]))


@pytest.mark.parametrize("objective", [one for one in OBJECTIVES if one.online is not None], ids=lambda one: one.key)
def test_methods_without_a_start_are_refused(objective: Any) -> None:
    refused = {method.key for method in METHODS if any(True for _ in objective.refusals(method))}
    assert refused == {one.key for one in METHODS if not one.starts_as_base or not one.capabilities.trains}
    assert {"prompt_tuning", "prefix_tuning"} <= refused
