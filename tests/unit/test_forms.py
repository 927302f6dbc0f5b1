"""The forms that the page draws hold everything that was declared, in both languages, and nothing else."""

from __future__ import annotations

import json

import pytest

from engine.core.errors import SpecError
from engine.core.params import Param
from engine.core.text import LANGUAGES, verbatim
from engine.jobs.spec import make_spec
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.objectives import usual_objective
from webui.forms import param_form, wizard_forms


def test_every_declared_setting_is_in_the_form_once() -> None:
    forms = wizard_forms("en")
    assert [m["key"] for m in forms["methods"]] == [m.key for m in METHODS]
    for shown, declared in zip(forms["methods"], METHODS, strict=True):
        assert [p["field"] for p in shown["params"]] == [f"method.{p.key}" for p in declared.params]
    assert [p["field"] for p in forms["objectives"][0]["params"]] == [
        f"training.{p.key}" for p in usual_objective().params
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_are_json_and_speak_the_language(language: str) -> None:
    forms = wizard_forms(language)
    assert json.loads(json.dumps(forms)) == forms
    epochs = next(p for p in forms["objectives"][0]["params"] if p["key"] == "epochs")
    declared = next(p for p in usual_objective().params if p.key == "epochs")
    assert (epochs["label"], epochs["help"]) == (declared.label.in_(language), declared.help.in_(language))


def test_bounds_units_and_choices_reach_the_control() -> None:
    param = Param(
        key="share", kind="float", default=0.5, minimum=0.1, maximum=0.9, step=0.1, optional=True, scale="log",
        label=verbatim("Share"), help=verbatim("h"), usual=verbatim("half"), unit=verbatim("parts"),
        choices={"a": verbatim("A")}, advanced=False,
    )  # fmt: skip
    shown = param_form(param, "zh", "method")
    assert shown["field"] == "method.share"
    assert (shown["minimum"], shown["maximum"], shown["step"], shown["scale"]) == (0.1, 0.9, 0.1, "log")
    assert (shown["usual"], shown["unit"], shown["optional"], shown["advanced"]) == ("half", "parts", True, False)
    assert shown["choices"] == [{"value": "a", "label": "A"}]


def test_fields_are_the_names_that_faults_carry() -> None:
    """What the service refuses must find its control: both sides name the fields alike."""
    raw = {"base_model": 1, "dataset": 1, "method": "lora", "name": "x",
           "method_params": {"rank": 0}, "training": {"epochs": "many"}}  # fmt: skip
    with pytest.raises(SpecError) as caught:
        make_spec(raw)
    forms = wizard_forms("en")
    lora = next(m for m in forms["methods"] if m["key"] == "lora")
    fields = {p["field"] for p in [*lora["params"], *forms["objectives"][0]["params"]]}
    assert set(caught.value.faults) == {"method.rank", "training.epochs"} <= fields


def test_a_setting_with_a_methods_own_default_is_kept_per_method() -> None:
    marked = {p["key"] for p in wizard_forms("en")["objectives"][0]["params"] if p["per_method"]}
    own = {key for method in METHODS for key in method.defaults}
    assert marked == own | {key for method in METHODS for variant in method.variants for key in variant.training}
    assert "learning_rate" in marked
    assert "max_length" not in marked


def test_families_hold_every_method() -> None:
    for language in LANGUAGES:
        forms = wizard_forms(language)
        assert {m["family"] for m in forms["methods"]} <= {family["key"] for family in forms["families"]}


def test_a_beginner_sees_few_methods_and_a_first_choice_among_them() -> None:
    recommended = [m.key for m in METHODS if m.recommended]
    assert 3 <= len(recommended) <= 5
    assert METHODS[0].key in recommended


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)
def test_variants_are_settings_that_exist_and_can_be_started(method: Method) -> None:
    """A variant fills in the form; what it fills in must pass the form's own check, and no two may be the same."""
    asked = set()
    for variant in method.variants:
        raw = {"base_model": 1, "dataset": 1, "method": method.key, "name": "x",
               "method_params": dict(variant.values), "training": dict(variant.training)}  # fmt: skip
        asked.add(json.dumps(make_spec(raw).as_dict(), sort_keys=True))
    assert len(asked) == len(method.variants)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)
def test_what_a_method_cannot_do_has_its_reason_in_the_form(method: Method) -> None:
    for language in LANGUAGES:
        shown = next(m for m in wizard_forms(language)["methods"] if m["key"] == method.key)
        for can in shown["capabilities"]:
            assert can["can"] or can["reason"], can["key"]


def test_method_defaults_pass_their_own_bounds() -> None:
    """A default that the form would refuse could never be started."""
    by_key = {param.key: param for param in usual_objective().params}
    for method in METHODS:
        for key, value in method.defaults.items():
            assert by_key[key].read(value) == value
        for param in method.params:
            assert param.read(param.default) == param.default
