"""A pair that a writer made becomes a row, with the passage that it was made of beside it."""

from __future__ import annotations

from typing import Any

from engine.data.made.answers import Pair
from engine.data.made.asking import phrases, wording_language
from engine.data.made.kinds import MadeKind
from engine.data.passages.splitting import Passage
from engine.data.rows.row import Row

CODE = "make"  # of the origin of such rows
FILE, PAGE, HEADING, PASSAGE, KIND = "source_file", "source_page", "source_heading", "source_passage", "made_as"


def made_row(kind: MadeKind, pair: Pair, passage: Passage, language: str, number: int, *, with_passage: bool) -> Row:
    """The row of a pair. A summary's question is the request for one, with the passage; which wording, `number` decides."""
    asked, said = pair
    if not kind.asks:
        requests = phrases()["request"][wording_language(language)]
        asked = f"{requests[number % len(requests)]}\n\n{passage.text}"
    elif with_passage:
        asked = f"{passage.text}\n\n{asked}"
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {"messages": messages, "extra": _source(kind, passage)}


def _source(kind: MadeKind, passage: Passage) -> dict[str, Any]:
    found = {FILE: passage.file, PAGE: passage.page, HEADING: passage.heading, PASSAGE: passage.text, KIND: kind.key}
    return {key: value for key, value in found.items() if value not in (None, "")}
