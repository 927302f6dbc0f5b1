"""The page's side of the inference process: starts it, talks to it, notices when it is gone. Imports no torch."""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from engine.core.errors import Fault
from engine.core.memory_kills import memory_kills
from engine.core.settings import Settings
from engine.serving.protocol import LAST_EVENTS, Request, ResidentModels, encode, request_message

_PROJECT = Path(__file__).resolve().parents[3]
_LOG_BYTES = 4 << 20
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
_END_SECONDS = 3.0
_STOP_SECONDS = 15.0
_LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Held:
    """What the process holds in memory."""

    identity: str  # names the base's weights
    device: str  # key: "cpu" or "cuda:N"
    dtype: str  # "fp32", "bf16", "fp16" or "nf4"
    keys: tuple[str, ...]  # names of everything loaded
    gpu_mb: int = 0  # MiB of GPU memory that its models take
    kept_mb: int = 0  # that keys and values of earlier prompts take, and may give back


class _Gone(Exception):
    """The process ended; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class _Process:
    """One life of the inference process."""

    def __init__(self, settings: Settings, stop_s: float) -> None:
        self._stop_s = stop_s
        self._kills = memory_kills()
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._write_lock = threading.Lock()
        self._end_at: dict[int, float] = {}
        self._tree: list[psutil.Process] = []
        self._looked_at = -math.inf
        self.popen = self._start(settings)
        threading.Thread(target=self._read, name="inference-reader", daemon=True).start()

    @staticmethod
    def _start(settings: Settings) -> subprocess.Popen[bytes]:
        log = settings.folder("logs") / "chat.log"
        fresh = not log.exists() or log.stat().st_size > _LOG_BYTES
        environment = os.environ | settings.child_environment() | _ENVIRONMENT
        with log.open("wb" if fresh else "ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "engine.serving.process.server", "--idle", str(settings.chat_idle_s)],
                cwd=_PROJECT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            )

    def _read(self) -> None:
        assert self.popen.stdout
        for line in self.popen.stdout:
            if line.endswith(b"\n"):  # else it was killed in the middle of a word
                self._events.put(json.loads(line))
        self.popen.wait()
        self._events.put(None)

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        assert self.popen.stdin
        with self._write_lock, suppress(BrokenPipeError, ValueError):
            self.popen.stdin.write(encode(message))
            self.popen.stdin.flush()

    def events(self, request_id: int) -> Iterator[dict[str, Any]]:
        """Events of one request, until its last. Raises _Gone."""
        while (event := self._next(request_id)) is not None:
            if event.get("id") == request_id:
                yield event
                if event["event"] in LAST_EVENTS:
                    return
        self._events.put(None)
        raise _Gone(self.popen.wait())

    def _next(self, request_id: int) -> dict[str, Any] | None:
        while True:
            try:
                return self._events.get(timeout=1.0)
            except queue.Empty:
                if time.monotonic() > self._end_at.get(request_id, math.inf):
                    self.popen.kill()

    def stop(self, request_id: int) -> None:
        self._end_at.setdefault(request_id, time.monotonic() + self._stop_s)
        self.send({"op": "stop", "id": request_id})

    def stop_side(self, request_id: int, side: str) -> None:
        self.send({"op": "stop", "id": request_id, "side": side})

    def is_stopped(self, request_id: int) -> bool:
        return request_id in self._end_at

    def explain(self, code: int) -> Fault:
        """Why it ended in the middle of an answer."""
        now = memory_kills()
        if code == -signal.SIGKILL and now is not None and self._kills is not None and now > self._kills:
            return Fault("chat.killed_for_memory")
        return Fault("chat.process_died", exit=code)

    def rss_mb(self) -> int:
        """Of the process and of those that it started."""
        found = 0
        for one in self._processes():
            with suppress(psutil.Error):
                found += int(one.memory_info().rss)
        return found >> 20

    def _processes(self) -> list[psutil.Process]:
        """Looked up now and then: that reads of every process of the machine, and pages ask several times a second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at, self._tree = now, []
            with suppress(psutil.Error):
                process = psutil.Process(self.popen.pid)
                self._tree = [process, *process.children(recursive=True)]
        return self._tree

    def end(self) -> None:
        assert self.popen.stdin
        with suppress(OSError):
            self.popen.stdin.close()
        try:
            self.popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


class InferenceClient:
    """Talks to one inference process, which it starts when there is something to ask. One request at a time.

    Args:
        stop_s: a process that does not heed a stop for so long (it loads, or hangs) is ended.
    """

    def __init__(self, settings: Settings, *, stop_s: float = _STOP_SECONDS) -> None:
        self._settings, self._stop_s = settings, stop_s
        self._process: _Process | None = None
        self._held: Held | None = None
        self._lock = threading.Lock()
        self._last_id = 0
        self._used_at = time.monotonic()

    @property
    def held(self) -> Held | None:
        """What is in memory now; None when nothing is, for instance after the idle time."""
        return self._held if self._process and self._process.alive else None

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.popen.pid if self._process and self._process.alive else None

    @property
    def idle_s(self) -> float:
        """Seconds since the last event."""
        return time.monotonic() - self._used_at

    def memory_mb(self) -> int:
        """What the process takes up: main memory, and that of the GPU for its models."""
        process, held = self._process, self.held
        return (process.rss_mb() if process and process.alive else 0) + (held.gpu_mb if held else 0)

    def new_id(self) -> int:
        """A number for a request."""
        with self._lock:
            self._last_id += 1
            return self._last_id

    def stream(self, request: Request) -> Generator[dict[str, Any]]:
        """The events of a request: loading, loaded, text, side, done.

        Raises:
            Fault: what the process reports, or that it died ("chat.process_died", "chat.killed_for_memory").
        """
        for last_try in (False, True):
            process = self._ensure()
            heard = ended = False
            process.send(request_message(request))
            try:
                for event in process.events(request.id):
                    heard, ended = True, event["event"] in LAST_EVENTS
                    self._note(request.plan, event)
                    yield event
                return
            except _Gone as gone:
                self._held, ended = None, True
                if heard or last_try or process.is_stopped(request.id):  # else it was going to sleep: wake another
                    raise process.explain(gone.code) from None
            finally:
                if not ended:
                    process.stop(request.id)

    def stop(self, request_id: int) -> None:
        """End a request; what it has said so far is its answer."""
        if process := self._process:
            process.stop(request_id)

    def stop_side(self, request_id: int, side: str) -> None:
        """End one side of a request; the others go on."""
        if process := self._process:
            process.stop_side(request_id, side)

    def close(self) -> None:
        """End the process; all its memory comes back."""
        with self._lock:
            process, self._process, self._held = self._process, None, None
        if process:
            process.end()

    def _ensure(self) -> _Process:
        with self._lock:
            if self._process is None or not self._process.alive:
                self._held = None
                self._process = _Process(self._settings, self._stop_s)
            return self._process

    def _note(self, plan: ResidentModels, event: dict[str, Any]) -> None:
        self._used_at = time.monotonic()
        if event["event"] == "loaded":
            self._held = Held(
                plan.identity, plan.device, plan.dtype, tuple(event["keys"]), event["gpu_mb"], event["kept_mb"]
            )
        elif event["event"] == "done" and self._held:
            self._held = replace(self._held, kept_mb=event["kept_mb"])
        elif event["event"] == "failed":
            self._held = None
            raise Fault(event["error"]["code"], **event["error"]["params"])
