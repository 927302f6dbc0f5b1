"""The tokens of an example as a person can read them: whole characters, with what is trained on marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate, Encoded

_MOST_REFUSED = 50  # rows in a row that the template cannot take: then the reason is the answer


def example_tokens(
    rows: Iterable[Mapping[str, Any]], template: ChatTemplate, training: Mapping[str, Any], n: int
) -> list[dict[str, Any]]:
    """The first `n` rows that training would use, as tokens: cut or left out as `training` says.

    Raises:
        Fault: why the template takes none of the first rows.
    """
    limit, drop = int(training["max_length"]), training["over_length"] == "drop"
    shown: list[dict[str, Any]] = []
    refused = 0
    for row in rows:
        if len(shown) >= n:
            break
        try:
            encoded = template.encode(row, train_on=training["train_on"], max_length=limit)
        except Fault as fault:
            refused += 1
            if not refuses_a_row(fault) or (refused >= _MOST_REFUSED and not shown):
                raise
            continue
        if drop and encoded.truncated:
            continue
        tokens = readable(encoded, template)
        shown.append({"row": row["line"], "split": row["split"], "truncated": encoded.truncated, "tokens": tokens})
    return shown


def readable(encoded: Encoded, template: ChatTemplate) -> list[dict[str, Any]]:
    """[{text, trained}]; tokens that are only parts of a character are joined to the whole character."""
    shown: list[dict[str, Any]] = []
    waiting = False
    for place, (piece, label) in enumerate(zip(template.pieces(encoded.ids), encoded.labels, strict=True)):
        trained = label != IGNORED and place > 0
        if waiting and shown[-1]["trained"] == trained:
            shown[-1]["text"] += piece
        else:
            shown.append({"text": piece, "trained": trained})
        waiting = not shown[-1]["text"]
    return [token for token in shown if token["text"]]
