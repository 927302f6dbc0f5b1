"""Tables of the generated docs: settings with their defaults and bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.params import Param
from engine.core.text import Text, separator

_HEADS = (
    Text("commands.documents.tables.heads.setting"),
    Text("commands.documents.tables.heads.key"),
    Text("commands.documents.tables.heads.default"),
    Text("commands.documents.tables.heads.allowed"),
    Text("commands.documents.tables.heads.usual"),
    Text("commands.documents.tables.heads.what_it_does"),
)
_YES, _NO, _AUTO = (
    Text("commands.documents.tables.yes"),
    Text("commands.documents.tables.no"),
    Text("commands.documents.tables.chosen_by_tunesmith"),
)


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def param_table(params: Sequence[Param], language: str) -> str:
    """The settings as a Markdown table."""
    return markdown_table([head.in_(language) for head in _HEADS], [_row(param, language) for param in params])


def _row(param: Param, language: str) -> list[str]:
    usual = param.usual.in_(language) if param.usual else ""
    name = f"**{param.label.in_(language)}**" + (f" ({param.unit.in_(language)})" if param.unit else "")
    gathered = param.kind == "data" and param.default is not None
    default = f"`{json.dumps(param.default)}`" if gathered else shown_value(param.default, param.choices, language)
    return [name, f"`{param.key}`", default, _allowed(param, language), usual, param.help.in_(language)]


def _allowed(param: Param, language: str) -> str:
    if param.choices:
        return separator(language).join(label.in_(language) for label in param.choices.values())
    if param.kind == "bool":
        return f"{_YES.in_(language)} / {_NO.in_(language)}"
    bounds = [shown_number(bound) for bound in (param.minimum, param.maximum) if bound is not None]
    return " – ".join(bounds)


def shown_value(value: Any, choices: Mapping[Any, Text], language: str) -> str:
    """A setting's value in words."""
    if value is None:
        return _AUTO.in_(language)
    if isinstance(value, bool):
        return (_YES if value else _NO).in_(language)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return separator(language).join(shown_value(item, choices, language) for item in value)
    return choices[value].in_(language) if value in choices else shown_number(value)


def shown_number(value: Any) -> str:
    """A number without noise behind its last digit."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)
