"""The part of the page about exports that says which form is needed where."""

from __future__ import annotations

from engine.commands.documents.tables import markdown_table
from engine.core.text import Text, separator
from engine.exports import EXPORTS
from engine.exports.destinations import DESTINATIONS, Destination

_TITLE, _LEAD = Text("commands.documents.destinations.title"), Text("commands.documents.destinations.lead")
_HEADS = (
    Text("commands.documents.destinations.place"),
    Text("commands.documents.destinations.key"),
    Text("commands.documents.destinations.form"),
    Text("commands.documents.destinations.who"),
)
_SERVED = Text("commands.documents.destinations.served")


def destination_parts(language: str) -> list[str]:
    """Title, sentence and table, in one language."""
    rows = [_row(place, language) for place in DESTINATIONS]
    heads = [head.in_(language) for head in _HEADS]
    return [f"## {_TITLE.in_(language)}", _LEAD.in_(language), markdown_table(heads, rows)]


def _row(place: Destination, language: str) -> list[str]:
    labels = {form.key: form.label.in_(language) for form in EXPORTS}
    forms = [labels[way.form] if way.form else _SERVED.in_(language) for way in place.ways]
    return [
        f"**{place.label.in_(language)}**",
        f"`{place.key}`",
        separator(language).join(forms),
        place.help.in_(language),
    ]
