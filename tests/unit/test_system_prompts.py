"""The library of system prompts, and variables in prompts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.text import LANGUAGES
from engine.services.chat.stored.variables import fill, fill_prompt, variables_of
from engine.services.chat.turns import system_prompts
from engine.services.chat.turns.batches import asked_rows

CASES = json.loads((Path(__file__).parents[1] / "js" / "variables.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:30] for case in CASES])
def test_variables_are_read_as_the_page_reads_them(case: dict[str, object]) -> None:
    text = str(case["text"])
    names = variables_of(text)
    assert names == case["names"]
    assert fill(text, {name: f"<{name}>" for name in names}) == case["filled"]
    if names:
        with pytest.raises(Fault) as refused:
            fill(text, dict.fromkeys(names[1:], "x") | {names[0]: " "})
        assert refused.value.params == {"names": names[0]}


def test_values_are_not_read_for_variables() -> None:
    assert fill("{{a}} {{b}}", {"a": "{{b}}", "b": "{{{{"}) == "{{b}} {{{{"


def test_few_marks_cannot_make_more_text_than_may_be_asked() -> None:
    with pytest.raises(Fault, match=r"chat\.prompt_too_long"):
        fill("{{a}}" * 1_000, {"a": "x" * 1_000})
    with pytest.raises(Fault, match=r"chat\.prompt_too_long"):
        fill_prompt("{{a}}", {"a": "x", "unused": "y" * 300_000})
    (row,) = asked_rows("{{a}}" * 800, ["a"], [{"a": "x" * 4_000}])
    assert row["question"] == "{{a}}" * 800
    assert row["error"]["code"] == "chat.prompt_too_long"


def test_prompts_are_kept_changed_and_forgotten(ctx: Context) -> None:
    shipped = len(system_prompts.library(ctx, "en"))
    first = system_prompts.keep_prompt(ctx, " Poet\n of {{land}} ", "Write verse about {{land}}.\ud800")
    second = system_prompts.keep_prompt(ctx, "Clerk", "Be exact.")
    own = system_prompts.library(ctx, "en")[:-shipped]
    assert [(one["id"], one["name"]) for one in own] == [(second, "Clerk"), (first, "Poet of {{land}}")]
    assert own[1]["text"] == "Write verse about {{land}}.?"
    assert system_prompts.keep_prompt(ctx, "Bard", "Sing.", first) == first
    for name, text, taken, code in (
        ("Clerk", "x", None, "name_taken"),
        ("Clerk", "x", first, "name_taken"),
        (" ", "x", None, "no_name"),
        ("New", " ", None, "no_text"),
        ("New", "x" * 20_001, None, "too_long"),
    ):
        with pytest.raises(Fault) as refused:
            system_prompts.keep_prompt(ctx, name, text, taken)
        assert refused.value.code == f"prompts.{code}"
    system_prompts.forget_prompt(ctx, second)
    assert next(one["name"] for one in system_prompts.library(ctx, "en")) == "Bard"
    assert system_prompts.keep_prompt(ctx, "Clerk", "Again.") > second  # a name of a forgotten one is free
    for unknown in (second, 99):
        with pytest.raises(NotFound):
            system_prompts.forget_prompt(ctx, unknown)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_shipped_is_in_every_language_and_can_be_filled(ctx: Context, lang: str) -> None:
    prompts = system_prompts.library(ctx, lang)
    assert len({one["name"] for one in prompts}) == len(system_prompts.SHIPPED) > 0
    for one, declared in zip(prompts, system_prompts.SHIPPED, strict=True):
        names = [name.in_(lang) for name in declared.variables.values()]
        assert variables_of(one["text"]) == names
        assert "{" not in fill(one["text"], dict.fromkeys(names, "x"))
