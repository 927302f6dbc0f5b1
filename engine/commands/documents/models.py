"""The page of the docs about the models that were tried: what each method does on each, as the tests found it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.commands.documents.tables import markdown_table
from engine.core.text import FALLBACK, Text, separator
from engine.exports import EXPORTS
from engine.methods import METHODS
from engine.models.architecture.named_families import family_names

RESULTS = Path(__file__).parents[3] / "docs" / "models.json"  # written by the tests of the zoo
MADE, SAME, STOPS = "made", "same", "stops"  # what is tried of an export: "<form> made" and so on
HOLDS, REFUSED, NOT_RUN = "✓", "–", "?"

Trouble = Mapping[
    str, Any
]  # {"code", "params"} of a fault, {"kind"} of one of `_KINDS`, or {"text"} of any other error
Cell = Mapping[str, Any]  # {"facts": {name: trouble or None}}, or {"refused": fault}
_LEFT_OUT, _LONGEST = "…", 160  # characters of a reason

_TITLE = Text("commands.documents.models.title")
_LEAD = Text("commands.documents.models.lead")
_SIGNS = Text("commands.documents.models.signs")
_MODEL, _TYPE = Text("commands.documents.models.model"), Text("commands.documents.models.type")
_LETTERS = {
    "T": Text("commands.documents.models.letters.trains"),
    "C": Text("commands.documents.models.letters.chats"),
    "M": Text("commands.documents.models.letters.merges"),
    "P": Text("commands.documents.models.letters.plain"),
    "S": Text("commands.documents.models.letters.stops"),
}
_KINDS = {
    "company": Text("commands.documents.models.kinds.company"),
    "base": Text("commands.documents.models.kinds.base"),
    "other": Text("commands.documents.models.kinds.other"),
    "endless": Text("commands.documents.models.kinds.endless"),
    "on": Text("commands.documents.models.kinds.on"),
}
_FAILS, _REFUSALS = Text("commands.documents.models.fails"), Text("commands.documents.models.refusals")
_NOTHING = Text("commands.documents.models.nothing")
_MISSING = Text("commands.documents.models.missing")
_MISSING_LEAD = Text("commands.documents.models.missing_lead")
_PLANNED, _PLANNED_LEAD = Text("commands.documents.models.planned"), Text("commands.documents.models.planned_lead")


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
    parts += [f"## {_FAILS.in_(language)}", _listed(_failures(results), language)]
    parts += [f"## {_REFUSALS.in_(language)}", _listed(_refusals(results), language)]
    parts += [f"## {_PLANNED.in_(language)}", _named(_PLANNED_LEAD, language)]
    parts += [f"## {_MISSING.in_(language)}", _named(_MISSING_LEAD, language)]
    return "\n\n".join(parts) + "\n"


def _named(lead: Text, language: str) -> str:
    """A sentence with the families that are counted, as `NAMED_FAMILIES` has them."""
    named = {
        "dense": family_names("dense"),
        "experts": family_names("experts"),
        "hybrid": family_names("hybrid"),
        "own_code": family_names(obstacle="own_code"),
        "images": family_names(obstacle="images"),
    }
    return lead.in_(language).format(**{key: separator(language).join(names) for key, names in named.items()})


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


def _failures(results: Mapping[str, Any]) -> list[_Told]:
    told: dict[object, _Told] = {}
    for model, method, cell in _cells(results):
        for fact, trouble in cell.get("facts", {}).items():
            if trouble is not None:
                letter = _letter(fact)
                told.setdefault((letter, _kind(trouble)), _Told(letter)).add(trouble, model, method)
    return list(told.values())


def _refusals(results: Mapping[str, Any]) -> list[_Told]:
    told: dict[object, _Told] = {}
    for model, method, cell in _cells(results):
        if "refused" in cell:
            told.setdefault(_kind(cell["refused"]), _Told()).add(cell["refused"], model, method)
    return list(told.values())


def _kind(trouble: Trouble) -> str:
    """The same for troubles that are told as one: of one code or text, whatever the numbers in it."""
    words = trouble.get("kind") or trouble.get("text") or f"{trouble['code']} {trouble['params'].get('reason', '')}"
    return re.sub(r"[\d.]+", "", words)


@dataclass
class _Told:
    """One thing that happened in several places."""

    letter: str = ""  # which fact fails by it
    troubles: list[Trouble] = field(default_factory=list)  # each as it was
    places: dict[str, list[str]] = field(default_factory=dict)  # methods by model

    def add(self, trouble: Trouble, model: str, method: str) -> None:
        """It happened there too."""
        self.troubles.append(trouble)
        methods = self.places.setdefault(model, [])
        if method not in methods:
            methods.append(method)

    def sentence(self, language: str) -> str:
        """What happened; what differs from place to place is left out."""
        first = self.troubles[0]
        if "kind" in first:
            return _KINDS[first["kind"]].in_(language)
        if "text" in first:
            return first["text"].replace("`", "")
        params = {name: self._common(name, value) for name, value in first["params"].items()}
        return " ".join(Text(f"error.{first['code']}").filled(**params).in_(language).split())

    def _common(self, name: str, value: Any) -> Any:
        if name != "reason" and any(trouble["params"].get(name) != value for trouble in self.troubles):
            return _LEFT_OUT
        if isinstance(value, str):
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST].rstrip()} {_LEFT_OUT}"
        return tuple(value) if isinstance(value, list) else value

    def where(self, language: str) -> str:
        """As in "Llama 2: `lora`, `ia3`; OPT"; a model alone where it is every method."""
        every = {method.key for method in METHODS}
        texts = [
            model if set(keys) == every else f"{model}: {separator(language).join(f'`{key}`' for key in keys)}"
            for model, keys in self.places.items()
        ]
        return "; ".join(texts)


def _listed(told: Iterable[_Told], language: str) -> str:
    """What happened, each with the models and methods to which it did."""
    lines = []
    for one in told:
        letter = f"**{one.letter}** " if one.letter else ""
        lines.append(f"- {letter}{one.sentence(language)} ({one.where(language)})")
    return "\n".join(lines) or _NOTHING.in_(language)
