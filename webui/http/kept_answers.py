"""Answers to what open pages ask again and again, put together once for all who ask the same."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
import orjson

_LARGEST_BYTES = 32_000_000  # of all that is kept
_PACKED_FROM = 4_000  # bytes; below, packing saves nothing
_AT_ONCE = 4  # that are put together; others wait their turn


@dataclass(frozen=True)
class Answer:
    """An answer as it is sent."""

    body: bytes  # JSON
    packed: bytes | None  # the same, by gzip; None where it is short
    version: str  # another one where it says something else; "" for a refusal
    adds: bool  # whether it holds what whoever asks cannot have yet


@dataclass(frozen=True)
class _Kept:
    answer: Answer
    stamp: int  # of the database, read before the answer was put together
    until: float  # after which it is not used any more, in monotonic seconds


class KeptAnswers:
    """What was answered since the database changed last. Of one event loop: nothing here is locked.

    Args:
        stamp: another number after each change of what answers are made from.
    """

    def __init__(self, stamp: Callable[[], int]) -> None:
        self._stamp = stamp
        self._kept: dict[Hashable, _Kept] = {}
        self._making: dict[Hashable, tuple[int, asyncio.Task[Answer]]] = {}
        self._bytes = 0
        self._limiter: anyio.CapacityLimiter | None = None

    async def of(self, key: Hashable, make: Callable[[], Answer], seconds: float) -> Answer:
        """The answer to `key`: kept, awaited where somebody else has it made, or made now by `make` in a thread.

        Args:
            seconds: for which it may be used again though nothing was written.
        """
        while True:
            stamp = self._stamp()
            kept = self._kept.get(key)
            if kept is not None and kept.stamp == stamp and time.monotonic() < kept.until:
                return kept.answer
            begun = self._making.get(key)
            if begun is None:
                begun = stamp, asyncio.create_task(self._made(key, make, stamp, seconds))
                self._making[key] = begun
            answer = await asyncio.shield(begun[1])
            if begun[0] == stamp:  # else it may lack what was written after its making began
                return answer

    async def _made(self, key: Hashable, make: Callable[[], Answer], stamp: int, seconds: float) -> Answer:
        self._limiter = self._limiter or anyio.CapacityLimiter(_AT_ONCE)
        try:
            answer = await anyio.to_thread.run_sync(make, limiter=self._limiter)
            if answer.version:
                self._keep(key, _Kept(answer, stamp, time.monotonic() + seconds))
            return answer
        finally:
            del self._making[key]

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        """What was made before the latest change is of no use any more and goes."""
        now = time.monotonic()
        self._kept = {one: old for one, old in self._kept.items() if old.stamp == kept.stamp and now < old.until}
        self._kept[key] = kept
        self._bytes = sum(len(one.answer.body) for one in self._kept.values())
        if self._bytes > _LARGEST_BYTES:
            self._kept = {}


def answered(told: dict[str, Any], adds: tuple[str, ...]) -> Answer:
    """What a guarded function gives ({"ok"} or {"error"}), ready to be sent.

    Args:
        adds: fields of a result that hold what is new since the cursors that were asked with; they are no part of its version.
    """
    body = orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)
    packed = gzip.compress(body, 1, mtime=0) if len(body) >= _PACKED_FROM else None
    if "ok" not in told:
        return Answer(body, packed, "", adds=True)
    known = body
    if adds:
        state = {name: value for name, value in told["ok"].items() if name not in adds}
        known = orjson.dumps(state, option=orjson.OPT_NON_STR_KEYS)
    version = hashlib.blake2b(known, digest_size=12).hexdigest()
    return Answer(body, packed, version, adds=any(told["ok"][name] for name in adds))
