"""A page of `benchmarks.crowd`, without a browser: it asks what the page would ask."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

_PATIENCE = 120.0


class Visitor:
    """One open page: a connection that is kept, a session, and the functions of a page's view."""

    def __init__(self, url: str, like: Visitor | None = None) -> None:
        self._line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)
        self._versions: dict[str, str] = {}
        self.bytes = self.unchanged = 0
        self._headers: dict[str, str] = like._headers if like else {"Cookie": self._session()}
        self._polled: dict[str, bool] = like._polled if like else {}
        self._places: dict[str, int] = like._places if like else self._components()

    def _session(self) -> str:
        self._line.request("GET", "/en/jobs")
        page = self._line.getresponse()
        page.read()
        return "; ".join(one.split(";")[0] for one in page.headers.get_all("set-cookie") or [])

    def _components(self) -> dict[str, int]:
        """Of each function of a view: the component of Gradio's that has it."""
        config = json.loads(self._send("GET", "/en/config")[1])
        named = ((one["id"], one["props"].get("server_fns") or []) for one in config["components"])
        return {name: place for place, names in named for name in names}

    def _send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, str]:
        try:
            self._line.request(method, path, body, self._headers | headers)
            answer = self._line.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError):  # the server closes what was quiet for five seconds
            self._line.close()
            self._line.request(method, path, body, self._headers | headers)
            answer = self._line.getresponse()
        content = answer.read()
        self.bytes += len(content)
        return answer.status, content, answer.headers.get("etag") or ""

    def polls(self, view: str, name: str, *arguments: Any) -> bool:
        """Whether the server has this one among its polled answers."""
        if name not in self._polled:
            self._polled[name] = self._send("GET", _address(view, name, arguments))[0] != 404
        return self._polled[name]

    def ask(self, view: str, name: str, *arguments: Any) -> Any:
        """What a function gives; None where nothing has changed."""
        if not self.polls(view, name, *arguments):
            return self._call(name, *arguments)
        path = _address(view, name, arguments)
        known = self._versions.get(name, "")
        status, content, version = self._send("GET", path, None, **({"If-None-Match": known} if known else {}))
        if status == 304:
            self.unchanged += 1
            return None
        self._versions[name] = version
        return self._read(status, content)

    def forget(self) -> None:
        """As a page that has just been opened."""
        self._versions = {}

    def _call(self, name: str, *arguments: Any) -> Any:
        """What a function gives, by Gradio's way."""
        body = {"data": arguments, "component_id": self._places[name], "fn_name": name, "session_hash": "crowd"}
        sent = json.dumps(body).encode()
        status, content, _ = self._send(
            "POST", "/en/gradio_api/component_server", sent, **{"Content-Type": "application/json"}
        )
        return self._read(status, content)

    def _read(self, status: int, content: bytes) -> Any:
        answer = json.loads(content) if status == 200 else {}
        if "ok" not in answer:
            raise SystemExit(f"refused: {status} {content[:200]!r}")
        return answer["ok"]


def _address(view: str, name: str, arguments: tuple[Any, ...]) -> str:
    return f"/api/polled/en/{view}/{name}?given={quote(json.dumps(arguments, separators=(',', ':')))}"
