"""The tables of parameters in the page of the docs about the API; all else on that page is written by hand."""

from __future__ import annotations

import json
from pathlib import Path

from engine.api.declaration import ApiEndpoint, ApiParam
from engine.api.params import ENDPOINTS
from engine.commands.documents.tables import markdown_table, shown_number
from engine.core.text import FALLBACK, Text, separator

_DOCS = Path(__file__).parents[3] / "docs"
_BEGIN, _END = "<!-- parameters: written by python -m engine.commands.document -->", "<!-- end of parameters -->"
_HEADS = (
    Text("commands.documents.api.heads.parameter"),
    Text("commands.documents.api.heads.default"),
    Text("commands.documents.api.heads.allowed"),
    Text("commands.documents.api.heads.what_it_does"),
)
_REQUIRED = Text("commands.documents.api.required")
_IDLE = Text("commands.documents.api.idle")
_REFUSED = Text("commands.documents.api.refused")


def api_page(language: str) -> str:
    """The page as it is, with its tables anew; a language that has no such page has the tables alone."""
    file = _DOCS / ("" if language == FALLBACK else language) / "api.md"
    tables = "\n\n".join(_section(endpoint, language) for endpoint in ENDPOINTS)
    if not file.is_file():
        return tables
    before, _, rest = file.read_text(encoding="utf-8").partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{tables}\n\n{_END}{rest.partition(_END)[2]}"


def _section(endpoint: ApiEndpoint, language: str) -> str:
    """Parameters that do something, then one line each of those that are taken and those that are refused."""
    used = [param for param in endpoint.params if param.read is not None]
    table = markdown_table([head.in_(language) for head in _HEADS], [_row(param, language) for param in used])
    idle = separator(language).join(f"`{param.key}`" for param in endpoint.params if param.idle)
    refused = "\n".join(
        f"- `{param.key}`: {param.help.in_(language)}"
        for param in endpoint.params
        if param.read is None and not param.idle
    )
    parts = [f"### `{endpoint.path}`", table, _IDLE.filled(names=idle).in_(language), _REFUSED.in_(language), refused]
    return "\n\n".join(parts)


def _row(param: ApiParam, language: str) -> list[str]:
    bounds = [
        f"{one:,}" if one == int(one) else shown_number(one)
        for one in (param.minimum, param.maximum)
        if one is not None
    ]
    plain = param.default is not None and not isinstance(param.default, tuple)
    default = _REQUIRED.in_(language) if param.required else f"`{json.dumps(param.default)}`" if plain else ""
    allowed = " – ".join(bounds) if len(bounds) == 2 else f"≤ {bounds[0]}" if bounds else ""
    return [f"`{param.key}`", default, allowed, param.help.in_(language)]
