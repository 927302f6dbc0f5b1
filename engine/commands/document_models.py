"""The page of the docs about the models that were tried: what each method does on each, as the tests found it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.commands.document_tables import markdown_table
from engine.core.text import FALLBACK, Text, separator
from engine.exports import EXPORTS
from engine.methods import METHODS

RESULTS = Path(__file__).parents[2] / "docs" / "models.json"  # written by the tests of the zoo
MADE, SAME, STOPS = "made", "same", "stops"  # what is tried of an export: "<form> made" and so on
HOLDS, REFUSED, NOT_RUN = "✓", "–", "?"

Trouble = Mapping[
    str, Any
]  # {"code", "params"} of a fault, {"kind"} of one of `_KINDS`, or {"text"} of any other error
Cell = Mapping[str, Any]  # {"facts": {name: trouble or None}}, or {"refused": fault}
Told = dict[str, list[tuple[str, str]]]  # sentence -> (model, method) to which it happened

_TITLE = Text("commands.document_models.title")
_LEAD = Text("commands.document_models.lead")
_SIGNS = Text("commands.document_models.signs")
_MODEL, _TYPE = Text("commands.document_models.model"), Text("commands.document_models.type")
_LETTERS = {
    "T": Text("commands.document_models.letters.trains"),
    "C": Text("commands.document_models.letters.chats"),
    "M": Text("commands.document_models.letters.merges"),
    "P": Text("commands.document_models.letters.plain"),
    "S": Text("commands.document_models.letters.stops"),
}
_KINDS = {
    "company": Text("commands.document_models.kinds.company"),
    "base": Text("commands.document_models.kinds.base"),
    "other": Text("commands.document_models.kinds.other"),
    "endless": Text("commands.document_models.kinds.endless"),
    "on": Text("commands.document_models.kinds.on"),
}
_FAILS, _REFUSALS = Text("commands.document_models.fails"), Text("commands.document_models.refusals")
_NOTHING = Text("commands.document_models.nothing")
_MISSING = Text("commands.document_models.missing")
_MISSING_LEAD = Text("commands.document_models.missing_lead")


def read_results() -> dict[str, dict[str, Any]]:
    """{"models": {key: {"likeness", "family"}}, "cells": {"<model>/<method>": what was found}}."""
    if not RESULTS.is_file():
        return {"models": {}, "cells": {}}
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def models_page(language: str) -> str:
    """The whole page in one language."""
    results = read_results()
    up = "" if language == FALLBACK else "../"
    letters = separator(language).join(f"**{letter}** {text.in_(language)}" for letter, text in _LETTERS.items())
    signs = _SIGNS.in_(language).format(holds=HOLDS, refused=REFUSED, letters=letters)
    parts = [f"# {_TITLE.in_(language)}", _LEAD.filled(up=up).in_(language), signs, _table(results, language)]
    parts += [f"## {_FAILS.in_(language)}", _listed(_failures(results, language), language)]
    parts += [f"## {_REFUSALS.in_(language)}", _listed(_refusals(results, language), language)]
    parts += [f"## {_MISSING.in_(language)}", _MISSING_LEAD.in_(language)]
    return "\n\n".join(parts) + "\n"


def _table(results: Mapping[str, Any], language: str) -> str:
    heads = [_MODEL.in_(language), _TYPE.in_(language), *(f"`{method.key}`" for method in METHODS)]
    rows = []
    for key, model in results["models"].items():
        signs = [sign_of(results["cells"].get(f"{key}/{method.key}")) for method in METHODS]
        rows.append([f"**{model['likeness']}**", f"`{model['family']}`", *signs])
    return markdown_table(heads, rows)


def sign_of(cell: Cell | None) -> str:
    """The letters of what fails; one sign where nothing does, where the method is refused, and where it was not run."""
    if cell is None:
        return NOT_RUN
    if "refused" in cell:
        return REFUSED
    failing = {_letter(name) for name, trouble in cell["facts"].items() if trouble is not None}
    return "".join(letter for letter in _LETTERS if letter in failing) or HOLDS


def _letter(fact: str) -> str:
    """To which letter a fact counts: those of exports by whether the form stands alone."""
    form, _space, what = fact.rpartition(" ")
    if not form:
        return {"trains": "T", "chats": "C", "ends": "S"}[what]
    if what == STOPS:
        return "S"
    alone = next((one.stands_alone for one in EXPORTS if one.key == form), False)
    return "M" if alone else "P"


def _cells(results: Mapping[str, Any]) -> Iterator[tuple[str, str, Cell]]:
    """(the model's name for people, method, cell)."""
    for name, cell in results["cells"].items():
        key, _slash, method = name.partition("/")
        yield results["models"][key]["likeness"], method, cell


def _failures(results: Mapping[str, Any], language: str) -> Told:
    told: Told = {}
    for model, method, cell in _cells(results):
        for fact, trouble in cell.get("facts", {}).items():
            if trouble is not None:
                sentence = f"**{_letter(fact)}** {_sentence(trouble, language)}"
                told.setdefault(_same(sentence, told), []).append((model, method))
    return told


def _refusals(results: Mapping[str, Any], language: str) -> Told:
    told: Told = {}
    for model, method, cell in _cells(results):
        if "refused" in cell:
            told.setdefault(_sentence(cell["refused"], language), []).append((model, method))
    return told


def _same(sentence: str, told: Iterable[str]) -> str:
    """One that was told before and differs in numbers alone; else the sentence."""
    shape = _shape(sentence)
    return next((earlier for earlier in told if _shape(earlier) == shape), sentence)


def _shape(sentence: str) -> str:
    return "".join(" " if character.isdigit() or character in ".-e" else character for character in sentence).replace(
        " ", ""
    )


def _sentence(trouble: Trouble, language: str) -> str:
    if "kind" in trouble:
        return _KINDS[trouble["kind"]].in_(language)
    if "code" in trouble:
        params = {name: tuple(value) if isinstance(value, list) else value for name, value in trouble["params"].items()}
        return " ".join(Text(f"error.{trouble['code']}").filled(**params).in_(language).split())
    return f"`{trouble['text']}`"


def _listed(told: Told, language: str) -> str:
    """The sentences, each with the models and methods to which it applies."""
    return "\n".join(f"- {sentence} {_where(pairs, language)}" for sentence, pairs in told.items()) or _NOTHING.in_(
        language
    )


def _where(pairs: Iterable[tuple[str, str]], language: str) -> str:
    """ "(Llama 2: `lora`, `ia3`; OPT)": a model alone where it is every method."""
    by_model: dict[str, list[str]] = {}
    for model, method in pairs:
        by_model.setdefault(model, []).append(method)
    every = {method.key for method in METHODS}
    texts = [
        model
        if set(keys) == every
        else f"{model}: {separator(language).join(f'`{key}`' for key in dict.fromkeys(keys))}"
        for model, keys in by_model.items()
    ]
    return f"({'; '.join(texts)})"
