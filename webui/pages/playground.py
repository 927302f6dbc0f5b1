"""The Playground: base and tuned models answer one question side by side. Conversations lie in the database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

from webui.components import view
from webui.guard import guarded
from webui.site import Site

log = logging.getLogger("tunesmith.web")
Row = dict[str, Any]

DEFAULTS: Row = {"system": "", "temperature": 0.0, "top_p": 1.0, "max_tokens": 256, "seed": 42}


def _drain(answers: Iterator[Row]) -> None:
    """Read an answer to its end: it is stored as it grows, whether or not a page looks on."""
    try:
        for _ in answers:
            pass
    except Exception:
        log.exception("an answer broke off")


def _begin(answers: Iterator[Row]) -> None:
    """Wait for the first word, so that a refusal (no memory, model gone) reaches the page; the rest comes by itself."""
    if next(answers, None) is not None:
        threading.Thread(target=_drain, args=(answers,), name="answer", daemon=True).start()


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    chat = site.chat

    def chat_start() -> Row:
        return {"options": chat.options(), "status": chat.status(), "defaults": DEFAULTS}

    def chat_view(conversation_id: int) -> Row:
        return chat.view(int(conversation_id))

    def chat_feed(conversation_id: int | None, from_turn_place: int) -> Row:
        """The memory's state and the messages of the turns from a place on (0: the first turn)."""
        if not conversation_id:
            return {"status": chat.status(), "messages": []}
        messages = chat.view(int(conversation_id))["messages"]
        turns = sorted({message["turn"] for message in messages})[int(from_turn_place) :]
        return {"status": chat.status(), "messages": [message for message in messages if message["turn"] in turns]}

    def chat_list() -> list[Row]:
        return chat.list()

    def chat_open(base_id: int, tuned_ids: list[int], settings: Row) -> int:
        return chat.open(int(base_id), [int(one) for one in tuned_ids], settings)

    def chat_update(conversation_id: int, changes: Row) -> None:
        chat.update(int(conversation_id), **{key: changes[key] for key in ("settings", "tuned_ids") if key in changes})

    def chat_ask(conversation_id: int, prompt: str) -> None:
        _begin(iter(chat.ask(int(conversation_id), str(prompt))))

    def chat_regenerate(conversation_id: int) -> None:
        _begin(iter(chat.regenerate(int(conversation_id))))

    def chat_stop(conversation_id: int) -> None:
        chat.stop(int(conversation_id))

    def chat_delete(conversation_id: int) -> None:
        chat.delete(int(conversation_id))

    def chat_suggestions(tuned_id: int | None) -> list[str]:
        return chat.suggestions(int(tuned_id) if tuned_id else None, n=6)

    guard = guarded(lang)
    functions = (
        chat_start, chat_view, chat_feed, chat_list, chat_open, chat_update, chat_ask, chat_regenerate, chat_stop,
        chat_delete, chat_suggestions,
    )  # fmt: skip
    view("playground", functions=[guard(function) for function in functions])
