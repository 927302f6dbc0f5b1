"""A hub of one folder on this machine: enough of the protocol for the real client."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40


class _Handler(BaseHTTPRequestHandler):
    """/api/models/OWNER/NAME[/revision/REV] and /OWNER/NAME/resolve/REV/FILE; the same for a data set of that name."""

    folder: Path
    name: str
    pause: float
    asked: list[str]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0].removeprefix("/")
        self.asked.append(f"{self.command} {path}")
        path = path.removeprefix("datasets/").replace("api/datasets/", "api/models/")
        if path.startswith(f"api/models/{self.name}"):
            files = [{"rfilename": f.name, "size": f.stat().st_size} for f in sorted(self.folder.iterdir())]
            listing = {"id": self.name, "modelId": self.name, "sha": COMMIT, "siblings": files}
            self._send(json.dumps(listing).encode(), {"Content-Type": "application/json"}, body)
            return
        file = self.folder / path.rpartition("/")[2]
        if not path.startswith(f"{self.name}/resolve/") or not file.is_file():
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = file.read_bytes()
        self._send(data, {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}, body)

    def _send(self, data: bytes, headers: dict[str, str], body: bool) -> None:
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if first else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        for start in range(first, len(data) if body else 0, 65_536):
            self.wfile.write(data[start : start + 65_536])
            time.sleep(self.pause)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


@contextmanager
def small_hub(folder: Path, name: str, *, pause: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """Serve `folder` as the model `name`: (address, requests so far)."""
    asked: list[str] = []
    kind = type("Handler", (_Handler,), {"folder": folder, "name": name, "pause": pause, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
