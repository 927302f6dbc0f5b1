"""From declarations of settings to the JSON that the form view draws: the only generator of forms."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.params import Param
from engine.core.text import Text, separator
from engine.data.operations.base import Operation
from engine.jobs.spec import SPEC_VERSION
from engine.methods import METHODS, settings_with_own_defaults
from engine.methods.common.declaration import Method
from engine.methods.common.rates import rates_of
from engine.objectives import OBJECTIVES
from engine.objectives.declaration import KINDS, Objective
from engine.objectives.families import FAMILIES as SOURCES
from engine.objectives.families import Family
from engine.services.app.glossary import term_of
from engine.services.app.learning import FAMILIES, capabilities_of
from webui.form_shapes import (
    FormTerm,
    MethodForm,
    ObjectiveEntry,
    ObjectiveForm,
    OperationForm,
    ParamForm,
    SmallForms,
    SourceForm,
    WizardForms,
)

_SHOWN_CAPABILITIES = ("merge", "toggle", "quantised_base", "batch")


def _said(text: Text | None, language: str) -> str | None:
    return text.in_(language) if text else None


def _term(setting: str, language: str) -> FormTerm | None:
    """The word of the glossary that explains a setting: {key, name}."""
    term = term_of(setting)
    return {"key": term.key, "name": term.name.in_(language)} if term else None


def param_form(param: Param, language: str, prefix: str) -> ParamForm:
    """One control: everything that the form view needs to draw and check it. `field` is its name in a SpecError."""
    return {
        "key": param.key,
        "field": f"{prefix}.{param.key}",
        "kind": param.kind,
        "default": param.default,
        "label": param.label.in_(language),
        "help": param.help.in_(language),
        "usual": _said(param.usual, language),
        "unit": _said(param.unit, language),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "step": param.step,
        "scale": param.scale,
        "choices": [{"value": value, "label": label.in_(language)} for value, label in param.choices.items()],
        "advanced": param.advanced,
        "optional": param.optional,
        "source": param.source,
        "lines": param.lines,
    }


def operation_form(operation: Operation, language: str) -> OperationForm:
    """One operation that makes a new version of a data set: what it does, and its settings without those that a page gathers."""
    return {
        "key": operation.key,
        "group": operation.group,
        "label": operation.label.in_(language),
        "help": operation.help.in_(language),
        "kinds": list(operation.kinds),
        "params": [param_form(param, language, "operation") for param in operation.params if param.kind != "data"],
    }


def _settings(params: Sequence[Param], language: str, prefix: str) -> list[ParamForm]:
    """Settings of a method or an objective, each with the word of the glossary that explains it."""
    return [{**param_form(param, language, prefix), "term": _term(param.key, language)} for param in params]


def method_form(method: Method, language: str) -> MethodForm:
    """One method: its card, what it can do, its own settings, and named variants of them.

    `defaults` are what it changes in the objective's settings, `rates` its learning rates by the size of the base.
    """
    return {
        "key": method.key,
        "family": method.family,
        "label": method.label.in_(language),
        "tagline": method.tagline.in_(language),
        "help": method.help.in_(language),
        "notes": [note.in_(language) for note in method.notes],
        "recommended": method.recommended,
        "params": _settings(method.params, language, "method"),
        "defaults": dict(method.defaults),
        "rates": [list(pair) for pair in rates_of(method)],
        "capabilities": [can for can in capabilities_of(method, language) if can["key"] in _SHOWN_CAPABILITIES],
        "variants": [
            {
                "key": variant.key,
                "label": variant.label.in_(language),
                "tagline": variant.tagline.in_(language),
                "values": dict(variant.values),
                "training": dict(variant.training),
            }
            for variant in method.variants
        ],
    }


def per_method_keys(objective: Objective, methods: Sequence[Method] = METHODS) -> set[str]:
    """Settings of the objective for which some method, or a variant of one, has a value of its own."""
    variants = {key for method in methods for variant in method.variants for key in variant.training}
    return (variants | settings_with_own_defaults(methods)) - objective.own


def objective_form(objective: Objective, language: str, methods: Sequence[Method] = METHODS) -> ObjectiveForm:
    """One objective: its words, the kinds of data it learns from, the methods that it refuses, and its settings.

    A setting for which some method has a default of its own is marked `per_method`: what the user types there for one
    method must not leak into another (a LoRA learning rate would ruin a full fine-tune).
    """
    own = per_method_keys(objective, methods)
    return {
        "key": objective.key,
        "label": objective.label.in_(language),
        "tagline": objective.tagline.in_(language),
        "help": objective.help.in_(language),
        "learns_from": sorted(objective.learns_from),
        "usable": separator(language).join(KINDS[kind].in_(language) for kind in sorted(objective.learns_from)),
        "unfit": {kind: objective.unfit.get(kind) for kind in KINDS if kind not in objective.learns_from},
        "example": objective.example.in_(language),
        "family": objective.family.key,
        "rare": objective.rare,
        "refuses": [method.key for method in methods if any(True for _ in objective.refusals(method))],
        "rates": {str(family): rate for family, rate in objective.rates.items()},
        "params": [
            {**form, "per_method": form["key"] in own} for form in _settings(objective.params, language, "training")
        ],
    }


def wizard_forms(
    language: str, methods: Sequence[Method] = METHODS, objectives: Sequence[Objective] = OBJECTIVES
) -> WizardForms:
    """The forms of the Train page."""
    return {
        "version": SPEC_VERSION,
        "methods": [method_form(method, language) for method in methods],
        "families": [{"key": key, "label": label.in_(language)} for key, label in FAMILIES.items()],
        "sources": [_source(family, language) for family in SOURCES],
        "objectives": [objective_form(objective, language, methods) for objective in objectives],
    }


def small_forms(forms: WizardForms) -> SmallForms:
    """The same forms with each setting told once: objectives share most of theirs."""
    settings: list[ParamForm] = []

    def place(form: ParamForm) -> int:
        if form not in settings:
            settings.append(form)
        return settings.index(form)

    entries: list[ObjectiveEntry] = [
        {**one, "params": [place(form) for form in one["params"]]}  # type: ignore[typeddict-item]
        for one in forms["objectives"]
    ]
    return {**forms, "objectives": entries, "settings": settings}  # type: ignore[typeddict-item]


def _source(family: Family, language: str) -> SourceForm:
    """What a model can learn from, as the wizard asks for it."""
    return {
        "key": family.key,
        "label": family.label.in_(language),
        "says": family.says.in_(language),
        "example": family.example.in_(language),
        "kinds": list(family.kinds),
    }
