"""What holds for every objective of training, and for specs that name one."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import SpecError
from engine.core.params import read_all
from engine.core.text import LANGUAGES, catalogue
from engine.jobs.spec import make_spec, make_stored
from engine.methods import METHODS
from engine.objectives import OBJECTIVES, objective_of, usual_objective
from engine.objectives.declaration import KINDS, Objective
from webui.forms import objective_form, wizard_forms
from webui.i18n import message

ROOT = Path(__file__).parents[2]
RAW = {"name": "x", "base_model": 1, "dataset": 1, "method": "lora"}
each = pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.key)


@each
def test_its_words_are_there_in_both_languages(objective: Objective) -> None:
    learn = objective.learn
    texts = [objective.label, objective.tagline, objective.help, learn.what, learn.data, learn.when, learn.when_not]
    texts += [text for chart in objective.charts for text in (chart.label, chart.help)]
    assert all(text.in_(language).strip() for text in texts for language in LANGUAGES)
    assert "arXiv:" in learn.paper
    for language in LANGUAGES:
        assert {f"error.{code}" for code in objective.unfit.values()} <= catalogue(language).keys()
        assert {f"fit.kind.{kind}" for kind in objective.unfit} <= catalogue(language).keys()


@each
def test_its_settings_are_whole(objective: Objective) -> None:
    keys = [param.key for param in objective.params]
    assert len(set(keys)) == len(keys)
    shared = {"epochs", "batch_size", "learning_rate", "max_length", "optimizer", "quantisation", "evaluations", "seed"}
    assert shared <= set(keys)
    for method in METHODS:
        assert read_all(objective.params_for(method.defaults), {}, "training")[1] == {}


@each
def test_each_kind_of_data_is_learnt_from_or_refused_with_a_way_out(objective: Objective) -> None:
    assert objective.learns_from
    assert objective.learns_from <= KINDS.keys()
    for kind in KINDS:
        fault = objective.unfit_fault(kind, "mine")
        assert (fault is None) == (kind in objective.learns_from)
        if fault is not None:
            sentences = [message(language, fault["code"], fault["params"]) for language in LANGUAGES]
            assert all("mine" in said and "{" not in said for said in sentences)


@each
def test_refusals_have_sentences(objective: Objective) -> None:
    for method in METHODS:
        for refusal in objective.refusals(method):
            for language in LANGUAGES:
                assert "{" not in message(language, refusal.code, dict(refusal.params))
                assert f"error.{refusal.code}" in catalogue(language)


@each
def test_it_is_in_the_form_and_makes_a_spec(objective: Objective) -> None:
    spec = make_spec(RAW | {"objective": objective.key})
    assert spec.objective == objective.key
    assert spec.training.keys() == {param.key for param in objective.params}
    assert make_spec(spec.as_dict()) == spec
    form = objective_form(objective, "en")
    assert [param["key"] for param in form["params"]] == [param.key for param in objective.params]
    assert objective.key in {one["key"] for one in wizard_forms("zh")["objectives"]}


def test_a_spec_that_names_none_has_the_usual_one() -> None:
    assert make_spec(RAW).objective == usual_objective().key == OBJECTIVES[0].key
    assert objective_of(OBJECTIVES[1].key) is OBJECTIVES[1]


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"objective": "dreaming"}, "objective", "param.unknown_choice"),
        ({"colour": "green"}, "colour", "param.unknown"),
        ({"epochs": 3}, "epochs", "param.unknown"),
        ({7: "x"}, "7", "param.unknown"),
        ({"budget": {"hours": 3}}, "budget.hours", "param.unknown"),
        ({"version": "soon"}, "version", "param.not_a_number"),
        ({"objective": "pretraining", "training": {"train_on": "all"}}, "training.train_on", "param.unknown"),
    ],
)
def test_what_a_spec_does_not_know_is_a_fault(more: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_spec(RAW | more)
    assert caught.value.faults[field]["code"] == code
    assert "{" not in message("en", code, caught.value.faults[field]["params"])


def test_what_other_kinds_of_jobs_store_beside_a_spec_is_no_fault() -> None:
    assert make_stored(RAW | {"seconds": 60.0, "check": {}}).name == "x"


def test_no_objective_is_imported_by_name_outside_its_file() -> None:
    files = {file.stem: file for file in (ROOT / "engine" / "objectives").rglob("*.py")}
    assert {objective.key for objective in OBJECTIVES} <= files.keys()
    places = [files[objective.key].relative_to(ROOT).with_suffix("") for objective in OBJECTIVES]
    own = {".".join(place.parts) for place in places}
    found = []
    for folder in ("engine", "webui", "storage", "benchmarks"):
        for file in (ROOT / folder).rglob("*.py"):
            if file == ROOT / "engine" / "objectives" / "__init__.py":
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module in own:
                    found.append(f"{file.relative_to(ROOT)}: {node.module}")
    assert found == []
