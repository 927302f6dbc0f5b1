"""Sends a folder to a hub, by a child that can be ended at any time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from engine.core.errors import Fault
from engine.exports.hub.wish import PushWish, host_of
from engine.models.base.download_progress import ByteProgress

_LOOK_SECONDS = 0.25
_ENVIRONMENT = {
    "HF_HUB_DISABLE_XET": "1",  # its own process would go on sending after a cancel
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
}
_NOT_PASSED_ON = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_DEBUG")


def send(
    folder: Path, wish: PushWish, endpoint: str, token: str, message: str, progress: ByteProgress
) -> dict[str, Any]:
    """Send every file of `folder`, as one commit: {"url", "commit"}.

    Raises:
        Fault: "push.*": what the hub says, in plain words.
        Cancelled: nobody wants it any more; nothing was committed, but a new repository may be there, empty.
    """
    asked = {
        "folder": str(folder), "repo": wish.repo, "private": wish.private, "add": wish.add, "endpoint": endpoint,
        "host": host_of(endpoint), "token": token, "message": message,
    }  # fmt: skip
    progress.phase("sending", 2 * _bytes(folder))  # each file is read for its hash, and once more on its way
    told = _ask(asked, progress)
    if "url" not in told:
        raise Fault(str(told.get("code", "push.crashed")), **told.get("params", {"reason": "?"}))
    return dict(told)


def _ask(asked: Mapping[str, Any], progress: ByteProgress) -> Mapping[str, Any]:
    """What the child says at last."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    child = subprocess.Popen(
        [sys.executable, "-m", "engine.exports.hub.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment | _ENVIRONMENT, text=True,
    )  # fmt: skip
    last: Mapping[str, Any] = {}
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asked))
        child.stdin.close()
        for told in _lines(child.stdout):
            if told is None:
                progress.more(0)
            elif "done" in told:
                progress.at(int(told["done"]))
            else:
                last = told
    finally:
        child.kill()
        child.wait()
    return last


def _lines(output: IO[str]) -> Iterator[Mapping[str, Any] | None]:
    """What is printed, as it comes; None in between, so that a cancel is heard."""
    heard: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in output:
            heard.put(line)
        heard.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = heard.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield json.loads(line)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
