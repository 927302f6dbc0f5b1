"""An OpenAI-compatible service for tests: a thread of this process that answers as it is told to, and keeps what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]  # status, headers, body


def chat_answer(text: str, *, finish: str = "stop", usage: dict[str, int] | None = None) -> Answer:
    """As such services answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return 200, {}, json.dumps({"choices": [choice], **({"usage": usage} if usage else {})}).encode()


def about_passage(asked: str) -> str:
    """A question and an answer out of the passage's own words; a summary where one is asked for."""
    text = asked.rsplit("\n\n", 1)[-1]
    first = re.split(r"(?<=[.。])\s*", text)[0].strip()
    if "\u6458\u8981" in asked or "summary" in asked:
        return first
    if re.search("[\u4e00-\u9fff]", text):
        return f"问题：关于{text[:4]}有什么规定？\n回答：{first}"
    return f"Question: What should people know about {' '.join(first.split()[:2])}?\nAnswer: {first}"


@dataclass
class FakeWriter:
    """What it was asked, and how it answers."""

    url: str
    say: Callable[[int, dict[str, Any]], Answer]  # (how many questions before, the question) -> answer
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def fake_writer(say: Callable[[int, dict[str, Any]], Answer] | None = None) -> Iterator[FakeWriter]:
    """Serve on this machine until the end."""

    class _Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            number = len(writer.asked)
            writer.asked.append(question)
            writer.headers.append({key.lower(): value for key, value in self.headers.items()})
            known = self.path == "/v1/chat/completions"
            status, headers, body = writer.say(number, question) if known else (404, {}, b"no such path")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    usual = lambda _number, question: chat_answer(about_passage(question["messages"][-1]["content"]))  # noqa: E731
    writer = FakeWriter(f"http://127.0.0.1:{server.server_address[1]}/v1", say or usual)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield writer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
