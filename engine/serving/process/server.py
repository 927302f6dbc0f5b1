"""The inference process: `python -m engine.serving.process.server`. Requests come on stdin, events go to stdout, a line each.

It ends when stdin closes, so it never outlives the page's process, and after a time without requests, so that all
memory comes back. Whatever libraries print goes to stderr, which the starter of the process points at a log file.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from engine.core.errors import TunesmithError
from engine.core.imports import importing
from engine.core.shapes import CodedMessage
from engine.data.templates.isolated.pool import pool
from engine.serving.protocol import SPARE_BYTES, Request, encode, read_request

log = logging.getLogger("tunesmith.inference")
_LOOK_SECONDS = 5.0


class Wire:
    """The two pipes, under descriptors of their own: nothing else can write into the protocol or read from it."""

    def __init__(self) -> None:
        self._in: BinaryIO = os.fdopen(os.dup(0), "rb")
        self._out: BinaryIO = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def send(self, message: dict[str, Any]) -> None:
        """Write one event. Ends the process when nobody reads any more."""
        try:
            self._out.write(encode(message))
            self._out.flush()
        except BrokenPipeError:
            os._exit(0)

    def listen(self, inbox: Inbox) -> None:
        """Read requests until stdin closes; then end at once, whatever is going on."""
        for line in self._in:
            inbox.put(json.loads(line))
        os._exit(0)


class Inbox:
    """Requests in order, and which of them are to stop."""

    def __init__(self) -> None:
        self._requests: queue.Queue[Request] = queue.Queue()
        self._stopped: set[tuple[int, str]] = set()  # number of a request, and a side of it or ""

    def put(self, message: dict[str, Any]) -> None:
        """Take in one message."""
        if message["op"] == "stop":
            self._stopped.add((int(message["id"]), str(message.get("side", ""))))
        else:
            self._requests.put(read_request(message["request"]))

    def next(self, idle_s: float, look: Callable[[], None]) -> Request | None:
        """The next request; None after `idle_s` seconds without one. Meanwhile `look` is called now and then."""
        end = time.monotonic() + idle_s
        while (left := end - time.monotonic()) > 0:
            try:
                return self._requests.get(timeout=min(left, _LOOK_SECONDS))
            except queue.Empty:
                look()
        return None

    def is_stopped(self, request_id: int, side: str = "") -> bool:
        """Whether a stop came for this request, or for one side of it alone."""
        return (request_id, side) in self._stopped


class Server:
    """Serves one request after another."""

    def __init__(self, wire: Wire, inbox: Inbox) -> None:
        with importing():
            from engine.serving.runtime.model_cache import ModelCache

        self._wire, self._inbox, self._models = wire, inbox, ModelCache()

    def serve(self, request: Request) -> None:
        """Load what is needed, answer, and say how it ended."""
        try:
            self._answer(request)
            self._send(request, {"event": "done", "kept_mb": self._models.kept_mb()})
        except TunesmithError as error:
            self._fail(request, error.as_dict())
        except Exception as error:
            from engine.serving.runtime.failed_sides import told

            log.exception("request %d failed", request.id)
            self._fail(request, told(error))

    def spare(self) -> None:
        """Give back what was kept of prompts where the machine has hardly any memory left."""
        if psutil.virtual_memory().available < SPARE_BYTES:
            self._models.forget_prompts()

    def _answer(self, request: Request) -> None:
        from engine.serving.runtime.embedding import embed
        from engine.serving.runtime.failed_sides import Failed, failed_side
        from engine.serving.runtime.forced import force
        from engine.serving.runtime.generation import generate
        from engine.serving.runtime.scoring import score

        if self._models.missing(request.plan) or request.plan.evict:
            self._send(request, {"event": "loading"})
        failed: Failed = {}
        alone = request.scores or request.forced or request.embeds
        adapted_models = self._models.hold(request.plan, None if alone else failed)
        held = {"keys": self._models.keys, "gpu_mb": self._models.memory_mb(), "kept_mb": self._models.kept_mb()}
        self._send(request, {"event": "loaded", **held})
        for ask in (ask for ask in request.asks if ask.weights in failed):
            self._send(request, failed_side(ask, failed[ask.weights]))
        generate(
            replace(request, asks=tuple(ask for ask in request.asks if ask.weights not in failed)),
            adapted_models,
            _template(request.plan.tokenizer),
            lambda: self._inbox.is_stopped(request.id),
            lambda event: self._send(request, event),
            lambda side: self._inbox.is_stopped(request.id, side),
            {ask.tokenizer: _template(ask.tokenizer) for ask in request.asks if ask.tokenizer},
        )
        for work, texts in ((score, request.scores), (force, request.forced), (embed, request.embeds)):
            if texts:
                work(
                    request,
                    adapted_models,
                    lambda: self._inbox.is_stopped(request.id),
                    lambda event: self._send(request, event),
                )

    def _fail(self, request: Request, error: CodedMessage) -> None:
        self._models.clear()
        self._send(request, {"event": "failed", "error": error})

    def _send(self, request: Request, event: dict[str, Any]) -> None:
        self._wire.send({"id": request.id, **event})


@lru_cache(maxsize=8)
def _template(folder: str) -> Any:
    from engine.data.templates.isolated.isolated_template import open_template

    return open_template(Path(folder))


def main() -> None:
    """Serve until there is nothing left to do."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=float, required=True, help="seconds without a request after which to end")
    idle_s = parser.parse_args().idle
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    wire, inbox = Wire(), Inbox()
    pool().warm()  # while libraries and weights are loaded
    threading.Thread(target=wire.listen, args=(inbox,), daemon=True).start()
    server = Server(wire, inbox)
    while (request := inbox.next(idle_s, server.spare)) is not None:
        server.serve(request)
    os._exit(0)


if __name__ == "__main__":
    main()
