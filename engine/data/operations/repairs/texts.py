"""Changing texts of a row and nothing else."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

from engine.core.errors import TunesmithError
from engine.data.operations.base import Row
from engine.data.rows.row import conversation_of, slots_of, texts_of
from engine.data.templates.template import ChatTemplate

_SENTENCE = re.compile(r"[.!?…](?=[\s\"'”’)*_]|$)[\"'”’)*_]*|[。！？；][”’」』）)]*|\n{2,}")


def change_texts(row: Row, change: Callable[[int, str], str]) -> bool:
    """Put `change(place in texts_of(row), text)` in place of every text; whether anything is different."""
    before = texts_of(row)
    after = [change(place, text) for place, text in enumerate(before)]
    if after == before:
        return False
    if "text" in row:
        row["text"] = after[0]
        return True
    for (message, key), old, new in zip(slots_of(row), before, after, strict=True):
        if new != old:
            message[key] = new
    return True


def cut_at_sentence(text: str, most: int) -> str:
    """At most `most` characters of a text, up to the end of a sentence, else of a line or word."""
    begun = text[:most]
    if end := last_sentence(begun):
        return begun[:end].rstrip()
    for mark in ("\n", " "):
        if (at := begun.rfind(mark)) > most // 2:
            return begun[:at].rstrip()
    return begun.rstrip()


def last_sentence(text: str) -> int:
    """Where the last whole sentence of a text ends; 0 where there is none."""
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    return ends[-1] if ends else 0


def token_count(row: Row, template: ChatTemplate) -> int:
    """Tokens of a row as a model reads it: with its chat template where that takes the row, else of the texts alone."""
    text = "\n".join(texts_of(row))
    if turns := [dict(turn) for turn in conversation_of(row)]:
        with contextlib.suppress(TunesmithError):
            text = template.render(turns, False)
    return template.token_counts([text])[0]
