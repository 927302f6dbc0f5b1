"""Whose turn it is: requests of one key wait for each other, so that many of them never stand before a person at a page."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.services.chat.halt import Halt
from engine.services.chat.sides import Setup
from engine.serving.process.fair_queue import FairQueue
from engine.serving.protocol import Ask, Embed, Forced, Shaping

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat


class ChatInTurn:
    """The playground's engine for one key: one of its requests at a time waits among those of pages and other keys."""

    def __init__(self, chat: Chat, turns: FairQueue) -> None:
        self._chat, self._turns = chat, turns

    def run(
        self,
        setup: Setup,
        asks: tuple[Ask, ...] = (),
        *,
        forced: tuple[Forced, ...] = (),
        words: int = 0,
        embeds: tuple[Embed, ...] = (),
        shaping: Shaping | None = None,
        halt: Halt,
    ) -> Iterator[Mapping[str, Any]]:
        """As `Chat.run`; nothing where it was called off while it waited."""
        with self._turns.turn(lambda _place: not halt.called) as mine:
            if mine:
                yield from self._chat.run(
                    setup, asks, forced=forced, words=words, embeds=embeds, shaping=shaping, halt=halt
                )


@dataclass(frozen=True)
class Asker:
    """Who asks, and with what."""

    ctx: Context  # settings and database
    chat: ChatInTurn  # the engine
    owner: str  # whose models may be asked


class KeyTurns:
    """The queues of all keys: made once."""

    def __init__(self, ctx: Context, chat: Chat) -> None:
        self._ctx, self._chat = ctx, chat
        self._lock = threading.Lock()
        self._queues: dict[int, FairQueue] = {}

    def asker(self, key_id: int, owner: str) -> Asker:
        """Somebody who asks with a key."""
        with self._lock:
            queue = self._queues.setdefault(key_id, FairQueue())
        return Asker(self._ctx, ChatInTurn(self._chat, queue), owner)
