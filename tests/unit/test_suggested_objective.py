"""Data decide what a model learns from them: the objective that is taken unasked, in the wizard's draft too."""

from __future__ import annotations

import pytest

from engine.objectives import OBJECTIVES, objective_of
from engine.objectives.families import FAMILIES
from engine.services.data.suggested_objective import best_of_families, made_for, suggested_objective
from webui.train_draft import for_rows, fresh_draft, with_objective


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("chat", "sft"),
        ("text", "pretraining"),
        ("preference", "dpo"),
        ("ranking", "dpo"),
        ("kto", "kto"),
        ("prompt", "grpo"),
    ],
)
def test_each_kind_of_rows_has_its_objective(kind: str, key: str) -> None:
    found = suggested_objective(kind)
    assert found is not None
    assert (found.key, made_for(found, kind)) == (key, True)
    assert next(best_of_families(kind)) == found
    families = [one.family for one in best_of_families(kind)]
    assert len(set(families)) == len(families)


def test_rows_of_no_known_kind_suggest_nothing() -> None:
    assert suggested_objective(None) is None
    draft = fresh_draft()
    assert for_rows(draft, None) == draft


def test_every_family_has_a_first_objective_that_is_not_rare() -> None:
    for family in FAMILIES:
        first = next(one for one in OBJECTIVES if one.family == family)
        assert not first.rare
        assert first.learns_from & set(family.kinds)


def test_a_draft_follows_its_rows_and_what_was_typed_waits() -> None:
    typed = {**fresh_draft(), "training": {"epochs": 7}}
    pairs = for_rows(typed, "preference")  # type: ignore[arg-type]
    assert (pairs["objective"], pairs["training"]) == ("dpo", {})
    chosen = with_objective(pairs, "orpo")
    assert for_rows(chosen, "ranking")["objective"] == "orpo"  # made for them as well: nothing is taken away
    back = for_rows(chosen, "chat")
    assert (back["objective"], back["training"]) == ("sft", {"epochs": 7})
    assert objective_of("grpo").learns_from >= {"chat"}
    assert for_rows(with_objective(back, "grpo"), "chat")["objective"] == "sft"
