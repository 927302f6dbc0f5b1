"""How the records of an upload become conversations, where they are none by themselves: found, and said with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.data.arrange.conversations import Item
from engine.data.arrange.names import MEMBERS, bearing
from engine.data.arrange.proposals import Proposal, proposals
from engine.data.detection.detect_file import Note, note
from engine.data.records.record import clip
from engine.data.schema.guess import Guess


def arrangement_changes(
    columns: list[str], looked: Sequence[Sequence[Item]], plain: Guess, *, is_text: bool, each: int
) -> dict[str, Any]:
    """What a `DetectedUpload` has besides where there is such a way: "arrange", "ways" ... and the columns and shape under it.

    Args:
        columns: of the records by themselves.
        looked: the first records of each file.
        plain: the shape of the records by themselves.
        is_text: they are pieces of running text.
        each: so many records were looked at in a file that goes on.
    """
    named = [replace(item, file=str(n)) if len(looked) > 1 else item for n, some in enumerate(looked) for item in some]
    cut = any(len(some) >= each for some in looked)
    ways, sure = proposals(columns, named, plain, is_text=is_text, cut=cut, files=len(looked))
    if not ways:
        return {}
    first = ways[0] if sure else replace(ways[0], guess=Guess())
    return {
        "arrange": first.plan.as_json(),
        "ways": [one.as_dict() for one in ways],
        "plain_columns": columns,
        "columns": first.columns,
        "shape": first.guess.shape,
        "mapping": first.guess.mapping,
        "templates": first.guess.templates,
        "notes": [*_notes(first, ways, sure), *_differing(columns, first)],
    }


def _notes(first: Proposal, ways: Sequence[Proposal], sure: bool) -> list[Note]:
    if first.plan.how == "none":
        return [*first.guess.notes(), note("arrange", "none", "arrange.some", ways[1].params)]
    told = note("arrange", first.plan.how, first.code, first.params)
    return [told, *first.guess.notes()] if sure else [note("arrange", None, "arrange.ask", first.params)]


def _differing(columns: list[str], first: Proposal) -> list[Note]:
    """The columns of single messages that no conversation keeps."""
    if not first.plan.spans:
        return []
    kept = {*first.columns, *first.plan.used, *bearing(MEMBERS, columns)}
    shown = ", ".join(column for column in columns if column not in kept)
    return [note("columns", shown, "columns.differ", {"columns": clip(shown, 300)})] if shown else []
