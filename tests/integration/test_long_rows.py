"""A real server with rows of 200,000 odd characters: whatever the Data page asks about them, it goes on answering."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.conftest import start_server
from tests.unit.data.long_texts import FULL, KINDS, NAMED, long_text

_ODD = (*NAMED, *KINDS[3::7])[:20]
_BETWEEN = 0.05  # seconds between two looks
_BEARABLE = 0.1


class _Looks:
    """Asks again and again whether the server is well."""

    def __init__(self, host: str) -> None:
        self._host, self._over = host, threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._waited: list[float] = []

    def _ask(self) -> None:
        while not self._over.wait(_BETWEEN):
            begun, asked = time.monotonic(), http.client.HTTPConnection(self._host, timeout=60)
            asked.request("GET", "/healthz")
            assert asked.getresponse().read()
            asked.close()
            self._waited.append(time.monotonic() - begun)

    @contextmanager
    def during(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    def take(self) -> float:
        """What 95 of 100 looks since the last time waited at most."""
        found, self._waited = sorted(self._waited), []
        return found[int(0.95 * len(found))]


def _rows() -> bytes:
    texts = [long_text(kind, FULL) for kind in _ODD]
    pairs = zip(texts, reversed(texts), strict=True)
    rows = [{"messages": [{"role": "user", "content": a}, {"role": "assistant", "content": b}]} for a, b in pairs]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode("utf-8", "replace")


def _page(client: httpx.Client) -> Callable[..., Any]:
    client.get("/en/data", headers={"accept": "text/html"}).raise_for_status()
    parts = client.get("/en/config").json()["components"]
    view = next(one["id"] for one in parts if one["props"].get("elem_id") == "data-page")

    def call(name: str, *arguments: Any) -> Any:
        asked = {"data": list(arguments), "fn_name": name, "component_id": view, "session_hash": "s"}
        answer = client.post("/en/gradio_api/component_server/", json=asked).raise_for_status().json()
        assert "error" not in answer or answer["error"]["code"] != "internal", (name, answer)
        return answer.get("ok")

    return call


def _everything(client: httpx.Client) -> None:
    """Bring the rows in, look at them, and try every operation on them."""
    call = _page(client)
    taken = client.post("/api/uploads", content=_rows(), headers={"x-filename": "odd.jsonl"}).raise_for_status()
    number = taken.json()["dataset"]
    view = call("one_dataset", number)
    call("preview", number, {key: view[key] for key in ("shape", "mapping")})
    call("import_rows", number, {key: view[key] for key in ("name", "shape", "mapping", "val_fraction", "seed")})
    while (view := call("one_dataset", number))["status"] != "ready":
        time.sleep(0.1)
    assert view["train_rows"] + view["val_rows"] == len(_ODD)
    while "working" in call("report", number):
        pass
    for name, *more in (("browse_rows", {"text": "zzz"}, 0, 10), ("row_filters",), ("shape_now", None)):
        call(name, number, *more)
    assert call("check_row", call("one_row", number, 0)) is None
    for one in call("operations", number):
        call("preview_operation", number, one["key"], {param["key"]: param["default"] for param in one["params"]})


@pytest.mark.slow
def test_the_server_answers_while_long_rows_are_looked_at(tmp_path: Path) -> None:
    with start_server(tmp_path / "home") as server, httpx.Client(base_url=server.url, timeout=120) as client:
        looks = _Looks(server.url.removeprefix("http://"))
        with looks.during():
            time.sleep(1)
            idle = looks.take()
            _everything(client)
            busy = looks.take()
    assert busy < max(_BEARABLE, 8 * idle), f"{busy:.3f} s; idle {idle:.3f} s"
