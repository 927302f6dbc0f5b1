"""Sides whose answers come from servers elsewhere: each is asked by a thread of its own, so that none waits for another."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from engine.core.characters import whole
from engine.core.errors import Fault
from engine.serving.outside.call import CutOff, OutsideCall
from engine.serving.outside.speech import OutsideAsk, Speech, speech_of

log = logging.getLogger("tunesmith.chat")
Tell = Callable[..., None]  # (side, status=..., text=..., stats=..., made_by=...)


class OutsideAnswers:
    """Asks every server at once.

    Args:
        tell: hears whatever changed of a side.
    """

    def __init__(self, asks: Sequence[OutsideAsk], tell: Tell) -> None:
        self._asks, self._tell = {ask.side: ask for ask in asks}, tell
        self._calls = {ask.side: OutsideCall(ask.server) for ask in asks}
        self._threads: list[threading.Thread] = []

    @property
    def sides(self) -> frozenset[str]:
        """Whose answers come from elsewhere."""
        return frozenset(self._asks)

    def start(self) -> None:
        """Ask."""
        for side in self._asks:
            thread = threading.Thread(target=self._run, args=(side,), name="chat-outside", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, side: str = "") -> None:
        """End all of them, or one; what has been said stays."""
        for name, call in self._calls.items():
            if side in ("", name):
                call.cut()

    def wait(self, seconds: float) -> bool:
        """Wait until all are over; whether they are."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, side: str) -> None:
        ask, began, clock = self._asks[side], time.monotonic(), _Clock()
        self._tell(side, status="loading")
        try:
            for speech in speech_of(self._calls[side], ask):
                clock.tick(speech)
                if speech.reason is None:
                    now = {"tokens": speech.pieces}
                    self._tell(side, status="streaming", text=whole(speech.text), stats=now)
                    continue
                told = clock.stats(ask, speech, began)
                self._tell(side, status="complete", text=whole(speech.text), stats=told, made_by=_made_by(ask, told))
        except CutOff:
            self._tell(side, status="stopped", stats={"reason": "stopped"})
        except Fault as fault:
            self._tell(side, status="failed", stats={"error": fault.as_dict()})
        except Exception as error:
            log.exception("asking %s", ask.server.host)
            reason = f"{type(error).__name__}: {error}"[:300]
            self._tell(side, status="failed", stats={"error": Fault("chat.failed", reason=reason).as_dict()})


class _Clock:
    """When the first word came, and the last one."""

    def __init__(self) -> None:
        self._first = self._last = 0.0
        self._pieces = 0

    def tick(self, speech: Speech) -> None:
        """Note that something came."""
        if speech.pieces > self._pieces:
            self._pieces, self._last = speech.pieces, time.monotonic()
            self._first = self._first or self._last

    def stats(self, ask: OutsideAsk, speech: Speech, began: float) -> dict[str, Any]:
        """Numbers of a whole answer. Tokens are told where the server counts them: nobody else can."""
        told: dict[str, Any] = {"reason": speech.reason, "seed": ask.sampling["seed"]}
        if self._first:
            told["first_token_s"] = round(self._first - began, 3)
        if speech.prompt_tokens is not None:
            told["prompt_tokens"] = speech.prompt_tokens
        if speech.tokens is not None:
            told["tokens"] = speech.tokens
            seconds = self._last - self._first
            if speech.tokens > 1 and self._pieces > 1 and seconds > 0:
                told["tokens_per_second"] = round((speech.tokens - 1) / seconds, 2)
        return told


def _made_by(ask: OutsideAsk, told: dict[str, Any]) -> dict[str, Any]:
    """What is kept beside the answer: whom it came from, and what was asked for."""
    messages = [[f"{one['role']}: {one['content']}\n", 0] for one in ask.messages]
    return told | {"server": ask.server.host, "model": ask.model, "prompt": messages, "sampling": dict(ask.sampling)}
