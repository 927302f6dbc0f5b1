"""Texts for pages: sentences filled in, and those of errors. The catalogue itself is `engine/texts`. Imports no Gradio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import NotFound, SpecError, TunesmithError
from engine.core.text import catalogue, filled


def t(language: str, key: str, /, **params: Any) -> str:
    """The text of `key`, filled in. A missing key shows itself (and fails the completeness test)."""
    text = catalogue(language).get(key, key)
    try:
        return filled(text, params, language) if params else text
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):  # a stored event of an earlier version
        return text


def message(language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for an error, an event or a reason, stored as code and params; of what is not there, what it is."""
    kind = next(iter(params or {}), "") if code == NotFound.code else ""
    if f"error.{code}.{kind}" in catalogue(language):
        code = f"{code}.{kind}"
    return t(language, f"error.{code}", **(params or {}))


def sentence(language: str, code: str, params: Mapping[str, Any]) -> str | None:
    """The sentence for a stored event or reason; None when this version has none for its code."""
    keys = (f"{room}.{code}" for room in ("event", "plan", "detect", "error", "jobs.event", "fit", "resume"))
    known = next((key for key in keys if key in catalogue(language)), None)
    return t(language, known, **_with_names(language, params)) if known else None


def _with_names(language: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The params of a sentence with what people call an encoding."""
    named = catalogue(language).get(f"data.encoding.name.{params.get('encoding')}")
    return {**params, "encoding": named} if named else params


def error_text(language: str, error: TunesmithError) -> str:
    """The sentence for an error; every fault of a form, one a line."""
    if isinstance(error, SpecError):
        return "\n".join(message(language, fault["code"], fault["params"]) for fault in error.faults.values())
    return message(language, error.code, error.params)
