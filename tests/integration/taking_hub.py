"""A hub on this machine that takes what is given to it: the few calls that huggingface_hub makes for a push."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class TakingHub:
    """What it was given, and what it is to do wrong.

    Attributes:
        token: the only one that it accepts.
        faults: by the call ("create", "preupload", "batch", "put", "commit"): an HTTP status with what it says; "cut" ends the
            connection in the middle; "slow" takes its time.
        files: of each repository, once they are committed.
    """

    token: str
    faults: dict[str, tuple[int, str] | str] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    hub: TakingHub
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self._read()
        call = next((name for part, name in _CALLS.items() if part in self.path), "other")
        if self._spoilt(call):
            return
        if self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._say(401, {"error": "Invalid username or password."})
            return
        getattr(self, f"_{call}")(body)

    def do_PUT(self) -> None:
        if "cut" in self.hub.faults.get("put", ()):
            self.rfile.read(1000)
            self.hub.calls.append("put")
            self.close_connection = True
            self.connection.close()
            return
        body = self._read()
        if self._spoilt("put"):
            return
        oid = self.path.rsplit("/", 1)[-1]
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.stored[oid] = body
        self._say(200, {})

    def _create(self, body: bytes) -> None:
        asked = json.loads(body)
        repo = "/".join(filter(None, (asked.get("organization"), asked["name"])))
        if repo in self.hub.files:
            self._say(409, {"error": "You already created this model repo", "url": f"{self.hub.url}/{repo}"})
            return
        self.hub.files[repo] = {}
        self.hub.private[repo] = bool(asked.get("private") or asked.get("visibility") == "private")
        self._say(200, {"url": f"{self.hub.url}/{repo}"})

    def _yaml(self, body: bytes) -> None:
        assert json.loads(body)["content"].startswith("---\n")
        self._say(200, {"errors": [], "warnings": []})

    def _preupload(self, body: bytes) -> None:
        modes = [
            {"path": one["path"], "uploadMode": "lfs" if one["path"].endswith((".safetensors", ".gguf")) else "regular",
             "shouldIgnore": False}
            for one in json.loads(body)["files"]
        ]  # fmt: skip
        self._say(200, {"files": modes})

    def _batch(self, body: bytes) -> None:
        objects = [
            {"oid": one["oid"], "size": one["size"], "actions": {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}}
            for one in json.loads(body)["objects"]
        ]  # fmt: skip
        self._say(200, {"transfer": "basic", "objects": objects})

    def _commit(self, body: bytes) -> None:
        repo = self.path.removeprefix("/api/models/").partition("/commit/")[0]
        for line in map(json.loads, body.splitlines()):
            told = line["value"]
            if line["key"] == "file":
                self.hub.files[repo][told["path"]] = base64.b64decode(told["content"])
            elif line["key"] == "lfsFile":
                self.hub.files[repo][told["path"]] = self.hub.stored[told["oid"]]
        self._say(
            200, {"commitUrl": f"{self.hub.url}/{repo}/commit/{'c' * 40}", "commitOid": "c" * 40, "success": True}
        )

    def _other(self, _body: bytes) -> None:
        self._say(404, {"error": "no such call"})

    def _spoilt(self, call: str) -> bool:
        self.hub.calls.append(call)
        fault = self.hub.faults.get(call)
        if fault == "slow":
            time.sleep(30)
        if not isinstance(fault, tuple):
            return False
        self._say(fault[0], {"error": fault[1]})
        return True

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _say(self, status: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        return


_CALLS = {
    "/api/repos/create": "create",
    "/api/validate-yaml": "yaml",
    "/preupload/": "preupload",
    "/info/lfs/objects/batch": "batch",
    "/commit/": "commit",
}


@contextmanager
def taking_hub(token: str) -> Iterator[TakingHub]:
    """Such a hub on a free port."""
    hub = TakingHub(token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
