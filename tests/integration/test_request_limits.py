"""Requests that are too large, too deep, too slow or too many, and headers of proxies that nobody named."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from engine.commands import connections
from engine.commands.connections import HEAD_BYTES, Connection
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.settings import read_settings
from engine.core.text import LANGUAGES
from engine.services.chat.conversations import Chat
from tests.homes import new_home
from webui.http import limits
from webui.http.limits import Limits, nesting
from webui.http.server import create_app
from webui.site import Site

CONFIG = "/en/config"
CALL = "/en/gradio_api/component_server/"
SMALL = Limits(body_bytes=2_000_000, held_bytes=3_000_000, silence_s=0.3, body_s=0.6)


class Served:
    """A server with the limits of `SMALL` on a free port."""

    def __init__(self, app: Any) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        config = uvicorn.Config(
            app, http=Connection, h11_max_incomplete_event_size=HEAD_BYTES, proxy_headers=False, log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def end(self) -> None:
        """Stop it."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()

    def socket(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=1.5)

    def raw(self, *pieces: bytes, pause_s: float = 0.0) -> bytes:
        """What it answers to these bytes, until it ends the connection or is silent for long."""
        with self.socket() as connection:
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    break
                time.sleep(pause_s)
            return heard(connection)


def heard(connection: socket.socket) -> bytes:
    """All that comes until the other side ends."""
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except OSError:
        pass
    return found


@pytest.fixture(scope="module")
def site_ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    ctx = new_home(tmp_path_factory.mktemp("limits") / "home", proxy="10.0.0.5", public_host="tune.example.com")
    yield ctx
    ctx.db.close()


@pytest.fixture(scope="module")
def app(site_ctx: Context) -> Iterator[Any]:
    """The whole application, with small limits."""
    chat = Chat(site_ctx)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "USUAL", SMALL)
        yield create_app(Site(site_ctx, chat))
    chat.close()


@pytest.fixture(scope="module")
def served(app: Any) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "head_seconds", 0.4)
        made = Served(app)
        yield made
        made.end()


@pytest.fixture(scope="module")
def cookie(served: Served) -> bytes:
    """Of a browser that has opened a page."""
    answer = served.raw(b"GET /en/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
    found = [
        line.split(b": ", 1)[1].split(b";")[0]
        for line in answer.split(b"\r\n")
        if line.lower().startswith(b"set-cookie")
    ]
    return b"; ".join(found)


def post(path: str, cookie: bytes, *headers: bytes) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1".encode(),
        b"Host: 127.0.0.1",
        b"Content-Type: application/json",
        b"Cookie: " + cookie,
    ]
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n"


def code_of(answer: bytes) -> tuple[int, str]:
    """Status and the code of the sentence."""
    head, _, body = answer.partition(b"\r\n\r\n")
    start, end = body.find(b"{"), body.rfind(b"}")
    return int(head.split(b" ", 2)[1]), json.loads(body[start : end + 1])["error"]["code"]


@pytest.mark.parametrize("path", [CONFIG, CALL, "/api/drafts/train", "/nothing"])
def test_a_body_that_says_how_large_it_is_is_refused_before_it_is_read(
    served: Served, cookie: bytes, path: str
) -> None:
    asked = post(path, cookie, b"Content-Length: 900000000")
    assert code_of(served.raw(asked)) == (413, "web.body_too_large")


@pytest.mark.parametrize("path", [CALL, "/api/drafts/train"])
def test_a_body_in_pieces_without_end_is_refused_at_the_limit(served: Served, cookie: bytes, path: str) -> None:
    piece = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    answer = served.raw(post(path, cookie, b"Transfer-Encoding: chunked"), *[piece] * 8)
    assert answer == b"" or code_of(answer) == (
        413,
        "web.body_too_large",
    )  # the answer may be lost with the rest unread


def test_a_body_that_stops_or_drips_is_given_up(served: Served, cookie: bytes) -> None:
    start = time.monotonic()
    assert code_of(served.raw(post(CALL, cookie, b"Content-Length: 1000"), b"{")) == (408, "web.too_slow")
    dripped = served.raw(post(CALL, cookie, b"Content-Length: 1000"), *[b" "] * 9, pause_s=0.1)
    assert code_of(dripped) == (408, "web.too_slow")
    assert time.monotonic() - start < 4


def test_all_bodies_together_are_bounded_and_give_their_place_back(served: Served, cookie: bytes) -> None:
    asked, most = post(CALL, cookie, b"Content-Length: 1900000"), b" " * 1_800_000
    with served.socket() as first:
        first.sendall(asked + most)
        time.sleep(0.1)
        assert code_of(served.raw(asked, most)) == (503, "web.busy")
    time.sleep(0.1)
    assert code_of(served.raw(asked, most)) == (408, "web.too_slow")


def test_an_upload_that_falls_silent_leaves_nothing(served: Served, cookie: bytes, site_ctx: Context) -> None:
    asked = post("/api/uploads", cookie, b"X-Filename: a.txt", b"Content-Length: 1000")
    assert code_of(served.raw(asked, b"some")) == (400, "web.upload_incomplete")
    assert list((site_ctx.settings.home / "uploads").glob("*.part")) == []


@pytest.mark.parametrize(
    "lie",
    [b"Content-Length: 3", b"Content-Length: -1", b"Content-Length: 5\r\nContent-Length: 7", b"Content-Length: 0x10"],
)
def test_lengths_that_lie_are_refused_and_the_server_lives(served: Served, cookie: bytes, lie: bytes) -> None:
    assert served.raw(post(CALL, cookie, lie), b'{"data": []}' * 10).count(b"200 OK") == 0
    assert b"200 OK" in served.raw(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")


def test_headers_that_never_end_are_given_up_also_on_a_connection_in_use(served: Served) -> None:
    start = time.monotonic()
    assert served.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n") == b""
    with served.socket() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        assert heard(connection).count(b"200 OK") == 1
    assert time.monotonic() - start < 4


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /en/?" + b"q" * 9000, b"414"),
        (b"GET /healthz?%00%ff", b"200"),
        (b"GET /" + b"../" * 3000, b"414"),
    ],
)
def test_long_addresses_are_refused(served: Served, line: bytes, status: bytes) -> None:
    answer = served.raw(line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] == status


@pytest.mark.parametrize("headers", [[b"X-A: b"] * 200, [b"X-A: " + b"b" * 40_000], [b"X-A: " + b"b" * 90_000]])
def test_many_or_large_headers_are_refused(served: Served, headers: list[bytes]) -> None:
    answer = served.raw(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"\r\n".join(headers) + b"\r\n\r\n")
    assert answer.split(b" ", 2)[1] in (b"431", b"400")


def test_one_address_cannot_take_every_connection(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_of_one_address", lambda: 5)
    held = [served.socket() for _ in range(5)]
    time.sleep(0.1)
    assert heard(served.socket()).startswith(b"HTTP/1.1 503")
    for one in held:
        one.close()
    time.sleep(0.1)
    assert b"200 OK" in served.raw(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")


# ------------------------------------------------------------------ depth


@pytest.mark.parametrize(
    "body", [b"[" * 1_900_000, b'{"a":' * 300_000, b'["\\"["' + b",[" * 500, b'{"data": ' + b"[" * 101]
)
def test_deep_bodies_are_refused_quickly(served: Served, cookie: bytes, body: bytes) -> None:
    start = time.monotonic()
    answer = served.raw(post(CALL, cookie, b"Content-Length: %d" % len(body)), body)
    assert code_of(answer) == (400, "web.too_deep")
    assert time.monotonic() - start < 2


def _value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(4) if depth else 0
    if kind == 0:
        return rng.choice(["a[[[[{{", 'quo"te]', "\\", '\\\\"[', "汉[字", "", 3, None])
    if kind == 1:
        return {rng.choice(["k", 'k"[', "\\"]) + str(one): _value(rng, depth - 1) for one in range(rng.randrange(3))}
    return [_value(rng, depth - 1) for _ in range(rng.randrange(4))]


def _deep(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_deep, value.values()), default=0)
    return 1 + max(map(_deep, value), default=0) if isinstance(value, list) else 0


def test_depth_is_counted_as_a_reader_of_json_would() -> None:
    rng = random.Random(3)
    for _ in range(300):
        value = _value(rng, 8)
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
            assert nesting(text.encode()) == _deep(value)
    assert nesting(b"") == 0


def test_every_refusal_has_its_sentence() -> None:
    from webui.i18n import error_text

    for code in ("busy", "body_too_large", "too_slow", "address_too_long", "headers_too_large", "too_deep"):
        for language in LANGUAGES:
            assert "{" not in error_text(language, Fault(f"web.{code}", limit=3))


# ------------------------------------------------------------------ proxies


@contextmanager
def asked_from(app: Any, address: str) -> Iterator[TestClient]:
    """A client whose connections come from an address. The application must be running."""

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": (address, 1)} if scope["type"] == "http" else scope, receive, send)

    yield TestClient(placed, base_url="http://127.0.0.1:7860", follow_redirects=False)


TOLD = {"x-forwarded-host": "tune.example.com", "x-forwarded-proto": "https", "x-forwarded-for": "evil, 192.0.2.7"}


def echo() -> tuple[Any, list[Scope]]:
    """An application that notes what reaches it."""
    seen: list[Scope] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await JSONResponse({})(scope, receive, send)

    return note, seen


@pytest.mark.parametrize(
    ("trusted", "address", "believed"),
    [("", "127.0.0.1", False), ("10.0.0.5", "127.0.0.1", False), ("10.0.0.5", "10.0.0.6", False), ("10.0.0.5", "10.0.0.5", True),
     ("::1", "::1", True), ("10.0.0.5", "testclient", False)],
)  # fmt: skip
def test_headers_of_proxies_are_believed_of_the_named_one_alone(trusted: str, address: str, believed: bool) -> None:
    from webui.http.proxies import Proxies

    note, seen = echo()
    with asked_from(Proxies(note, trusted=trusted), address) as client:
        client.get("/", headers=TOLD | {"forwarded": "host=evil", "x-real-ip": "1.2.3.4", "x-original-url": "/admin"})
    (scope,) = seen
    names = {name for name, _ in scope["headers"]}
    assert not {name for name in names if b"forwarded" in name or name in (b"x-real-ip", b"x-original-url")}
    host = dict(scope["headers"])[b"host"]
    if believed:
        assert (host, scope["scheme"], scope["client"][0]) == (b"tune.example.com", "https", "192.0.2.7")
    else:
        assert (host, scope["scheme"], scope["client"][0]) == (b"127.0.0.1:7860", "http", address)


def test_a_page_never_takes_its_address_from_a_stranger(app: Any, served: Served) -> None:
    with asked_from(app, "127.0.0.1") as client:
        page = client.get("/en/", headers=TOLD | {"x-forwarded-host": "evil.example"})
        config = client.get("/en/config", headers={"x-forwarded-host": "evil.example"})
    assert page.status_code == 200
    assert "evil.example" not in page.text + config.text
    assert "Secure" not in page.headers["set-cookie"]


def test_behind_the_named_proxy_hosts_and_origins_are_held_as_ever(app: Any, served: Served) -> None:
    with asked_from(app, "10.0.0.5") as client:
        page = client.get("/en/", headers=TOLD)
        assert page.status_code == 200
        assert "Secure" in page.headers["set-cookie"]
        assert "127.0.0.1" not in page.text
        assert client.get("/en/", headers=TOLD | {"x-forwarded-host": "evil.example"}).status_code == 400
        own, foreign = {"origin": "https://tune.example.com"}, {"origin": "https://evil.example"}
        assert client.post("/api/drafts/train", json={}, headers=TOLD | foreign).status_code == 403
        assert client.post("/api/drafts/train", json={}, headers=TOLD | own).status_code != 403


def test_a_proxy_is_named_by_its_address() -> None:
    assert read_settings({"TUNESMITH_PROXY": " 10.0.0.5 "}).proxy == "10.0.0.5"
    for wrong in ("proxy.example.com", "10.0.0.0/8", "*"):
        with pytest.raises(Fault, match="bad_value"):
            read_settings({"TUNESMITH_PROXY": wrong})
