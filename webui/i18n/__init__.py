"""The catalogue of texts: one folder a language, flat keys, merged from one file an area, which lie in rooms. Imports no Gradio."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.core.errors import SpecError, TunesmithError
from engine.core.text import LANGUAGES

_FOLDER = Path(__file__).parent


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of one language ("en" or "zh"). Raises ValueError when two files define one key."""
    texts: dict[str, str] = {}
    folder = _FOLDER / language
    for file in sorted(folder.rglob("*.json")):
        part = json.loads(file.read_text(encoding="utf-8"))
        if twice := texts.keys() & part.keys():
            raise ValueError(f"{language}/{file.relative_to(folder).as_posix()} defines again: {sorted(twice)}")
        texts |= part
    return texts


def t(language: str, key: str, /, **params: Any) -> str:
    """The text of `key`, filled in. A missing key shows itself (and fails the completeness test)."""
    text = catalogue(language).get(key, key)
    said = {name: value[language] if _in_both(value) else value for name, value in params.items()}
    try:
        return text.format(**said) if said else text
    except (KeyError, IndexError, ValueError):
        return text


def _in_both(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == set(LANGUAGES)


def message(language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for an error, an event or a reason, stored as code and params."""
    return t(language, f"error.{code}", **(params or {}))


def sentence(language: str, code: str, params: Mapping[str, Any]) -> str | None:
    """The sentence for a stored event or reason; None when this version has none for its code."""
    keys = (f"{room}.{code}" for room in ("event", "error", "jobs.event", "fit"))
    known = next((key for key in keys if key in catalogue(language)), None)
    return t(language, known, **params) if known else None


def error_text(language: str, error: TunesmithError) -> str:
    """The sentence for an error; every fault of a form, one a line."""
    if isinstance(error, SpecError):
        return "\n".join(message(language, fault["code"], fault["params"]) for fault in error.faults.values())
    return message(language, error.code, error.params)


__all__ = ["LANGUAGES", "catalogue", "error_text", "message", "t"]
