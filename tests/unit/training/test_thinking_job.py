"""Thinking in a job: what is expected of answers, how they are scored, and what a stored job goes on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.data.templates.masking import IGNORED
from engine.data.thoughts.wish import AS_BEFORE, EMPTY, LEARN, STRIP
from engine.evaluation.sampling import Prompt, prompt_of
from engine.evaluation.scores import score_answers
from engine.jobs.spec import make_spec, make_stored
from engine.objectives.sft import SFT
from engine.objectives.shared_params import as_trained, thinking_wish
from engine.training.batches.examples import load_examples
from tests.unit.data.test_thinking_choices import APART, ASK, PLAIN, SAID, WHY, WISHES, WITHIN
from tests.unit.data.thought_templates import taking

RAW = {"name": "n", "base_model": 1, "dataset": 1, "method": "lora"}


def test_a_job_from_before_goes_on_as_it_began() -> None:
    spec = make_spec(RAW)
    assert thinking_wish(spec.training) == LEARN
    assert make_stored(spec.as_dict()) == spec
    earlier = spec.as_dict()
    del earlier["training"]["thinking"]
    resumed = make_stored(earlier)
    assert thinking_wish(resumed.training) == AS_BEFORE
    template = as_trained(taking("gpt-oss"), resumed.training)
    assert template.render([ASK, WITHIN]).endswith(f"final<|message|>{WITHIN['content']}<|return|>")
    assert as_trained(taking("gpt-oss"), spec.training).render([ASK, WITHIN]) == taking("gpt-oss").render([ASK, APART])


def test_examples_of_a_job_are_those_of_its_choice(tmp_path: Path) -> None:
    rows = [
        {"split": split, "line": 1, "id": at, "messages": [ASK, turn]}
        for at, (split, turn) in enumerate((("train", APART), ("val", PLAIN)))
    ]
    template, texts = taking("published qwen-3"), {}
    for wish in WISHES:
        training = make_spec({**RAW, "training": {"thinking": wish}}).training
        made = load_examples(rows, as_trained(template, training), SFT, training, tmp_path / wish)
        labels = [int(label) for label in made.train[0].labels if label != IGNORED]
        texts[wish] = template.decode(labels)
        assert made.counts["lost_thoughts"] == 0
    assert texts == {
        "learn": f"<think>\n{WHY}\n</think>\n\n{SAID}",
        "answer": SAID,
        "strip": f"<think>\n\n</think>\n\n{SAID}",
        "empty": SAID,
    }


def test_scores_compare_the_words_where_the_data_have_no_thinking_in_them() -> None:
    question = Prompt("?", [], SAID, thought=WHY)
    thinking = score_answers([question], [WITHIN["content"]])
    assert thinking == score_answers([question], [SAID])
    assert score_answers([replace(question, expected=WITHIN["content"])], [SAID]) != thinking


def test_what_is_expected_of_a_sample_is_what_is_learnt() -> None:
    row = {"messages": [ASK, WITHIN]}
    wanted = {wish: prompt_of(row, taking("published qwen-3").with_thinking(wish)) for wish in WISHES}
    assert wanted[LEARN] is not None
    assert wanted[LEARN].expected == WITHIN["content"]
    assert [wanted[wish].expected for wish in (STRIP, EMPTY)] == [SAID, SAID]  # type: ignore[union-attr]
    apart = prompt_of({"messages": [ASK, APART]}, taking("published qwen-3"))
    assert apart is not None
    assert (apart.expected, apart.thought) == (SAID, WHY)
    asked = wanted[EMPTY]
    assert asked is not None
    assert taking("published qwen-3").decode(asked.ids).endswith("<think>\n\n</think>\n\n")
