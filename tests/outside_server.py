"""An OpenAI-compatible server for tests, spoken over real sockets: it streams, breaks off, is silent, refuses, and notes what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

HEAD = {"Content-Type": "text/event-stream"}
MODELS = ("llama3:8b", "meta/Große, Nr#1")


@dataclass
class OutsideHost:
    """What it was asked, and how it answers.

    Attributes:
        act: (the handler, the question) writes the answer.
        left: is set when somebody who asked has gone.
        go: lets an answer that waits go on.
    """

    url: str
    act: Callable[[Any, dict[str, Any]], None]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


def chunk(text: str | None = None, finish: str | None = None, **delta: str) -> bytes:
    """One event of a stream."""
    said = {**({"content": text} if text is not None else {}), **delta}
    choice = {"index": 0, "delta": said, "finish_reason": finish}
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


def usage(read: int, wrote: int) -> bytes:
    """The event that counts."""
    value = {"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": wrote}}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def send(handler: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def stream(handler: Any, pieces: Sequence[bytes], *, ends: bool = True) -> None:
    """Chunked, as servers stream; without `ends` the connection breaks in the middle."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for piece in pieces:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.flush()
    if ends:
        handler.wfile.write(b"0\r\n\r\n")


def plain_speech(handler: Any, question: dict[str, Any]) -> None:
    """Repeats what it was asked last, in two pieces."""
    said = question["messages"][-1]["content"]
    half = len(said) // 2
    pieces = [b": hello\n\n", chunk("", role="assistant"), chunk(said[:half]), chunk(said[half:]), chunk(finish="stop")]
    stream(handler, [*pieces, usage(11, 4), b"data: [DONE]\n\n"])


@contextmanager
def outside_host(act: Callable[[Any, dict[str, Any]], None] = plain_speech) -> Iterator[OutsideHost]:
    """Serve on this machine until the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host.paths.append(self.path)
            rows = [{"id": name, "object": "model"} for name in MODELS]
            known = self.path == "/v1/models"
            send(self, 200 if known else 404, {}, json.dumps({"object": "list", "data": rows}).encode())

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            host.paths.append(self.path)
            host.asked.append(question)
            host.headers.append({key.lower(): value for key, value in self.headers.items()})
            self.close_connection = True
            try:
                host.act(self, question)
            except (BrokenPipeError, ConnectionResetError):
                host.left.set()

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = OutsideHost(f"http://127.0.0.1:{cast(int, server.server_address[1])}/v1", act)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.go.set()
        server.shutdown()
        server.server_close()
