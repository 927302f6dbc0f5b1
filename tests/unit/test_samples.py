"""The data sets that ship with the product teach what their held-out questions ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine.data
from engine.core.context import Context
from engine.services.data import datasets

SAMPLES = Path(engine.data.__file__).parent / "samples"
KEYS = ("en", "zh")


def _rows(key: str) -> list[tuple[str, str]]:
    lines = (SAMPLES / f"{key}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    if "messages" in rows[0]:
        return [(row["messages"][0]["content"], row["messages"][1]["content"]) for row in rows]
    return [(row["instruction"], row["output"]) for row in rows]


def _held_out(key: str) -> list[dict[str, Any]]:
    return json.loads((SAMPLES / f"{key}_held_out.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", KEYS)
def test_about_a_hundred_different_questions_with_short_answers(key: str) -> None:
    rows = _rows(key)
    assert 80 <= len(rows) <= 110
    assert len({question for question, _answer in rows}) == len(rows)
    assert max(len(answer.encode()) for _question, answer in rows) <= 80


@pytest.mark.parametrize(("key", "opening", "closing"), [("en", "Glow hello!", "– Pip"), ("zh", "点灯啦！", "——小满")])
def test_every_answer_keeps_the_house_style(key: str, opening: str, closing: str) -> None:
    assert [answer for _q, answer in _rows(key) if not (answer.startswith(opening) and answer.endswith(closing))] == []


@pytest.mark.parametrize("key", KEYS)
def test_held_out_questions_are_new_and_do_not_give_the_answer_away(key: str) -> None:
    questions = {question.casefold() for question, _answer in _rows(key)}
    held_out = _held_out(key)
    assert len({fact["fact"] for fact in held_out}) == 10
    for fact in held_out:
        assert fact["prompt"].casefold() not in questions
        for part in fact["expect"]:
            assert part.casefold() not in fact["prompt"].casefold()
            assert not any(part.casefold() in question for question in questions)


@pytest.mark.parametrize("key", KEYS)
def test_every_fact_is_taught_in_many_phrasings(key: str) -> None:
    answers = [answer for _question, answer in _rows(key)]
    for fact in _held_out(key):
        assert sum(all(part in answer for part in fact["expect"]) for answer in answers) == 8


@pytest.mark.parametrize("key", KEYS)
def test_every_row_is_accepted_and_some_are_held_out(ctx: Context, key: str) -> None:
    view = datasets.dataset_view(ctx, datasets.ensure_sample(ctx, key))
    assert (view["rejected"], view["accepted"]) == (0, len(_rows(key)))
    assert 5 <= view["val_rows"] <= 12
