"""A hub of one folder on this machine: enough of two protocols for the real clients."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

COMMIT = "a" * 40
LATER = "b" * 40
MOST_SENT = (
    64 * 1024 * 1024
)  # bytes of a file: the weights of a large model are a hole, of which the beginning is asked for


class _Handler(BaseHTTPRequestHandler):
    """As Hugging Face: /api/models[/OWNER/NAME[/revision/REV]] and /OWNER/NAME/resolve/REV/FILE; a data set of that name too.

    As ModelScope: /api/v1/models/OWNER/NAME[/repo/files|/repo?Revision=REV&FilePath=FILE] and PUT /api/v1/dolphin/models.
    """

    commits: dict[str, Path]
    name: str
    card: Mapping[str, Any]
    pause: float
    asked: list[str]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_PUT(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(f"PUT {self.path.removeprefix('/')} {wanted['Name']}")
        owner, _slash, name = self.name.partition("/")
        found = [{"Path": owner, "Name": name, "Downloads": 7, "Libraries": ["safetensors"]}]
        self._json(
            {"Code": 200, "Data": {"Model": {"Models": found if wanted["Name"] in self.name else []}}}, body=True
        )

    @property
    def head(self) -> str:
        return list(self.commits)[-1]

    def _answer(self, *, body: bool) -> None:
        address = urlsplit(self.path)
        path, query = address.path.removeprefix("/"), parse_qs(address.query)
        self.asked.append(f"{self.command} {path}" + (f" {query['FilePath'][0]}" if "FilePath" in query else ""))
        path = path.removeprefix("datasets/").replace("api/datasets/", "api/models/")
        if path == "api/models":
            found = {"id": self.name, "downloads": 7, "gated": False, "tags": ["license:mit", "en"]}
            return self._json([found] if query["search"][0] in self.name else [], body)
        if path.startswith(f"api/v1/models/{self.name}"):
            return self._modelscope(path, query, body)
        if path.startswith(f"api/models/{self.name}"):
            commit = path.rpartition("/revision/")[2] if "/revision/" in path else self.head
            return self._listing(commit if commit in self.commits else self.head, body)
        commit, _slash, file = path.removeprefix(f"{self.name}/resolve/").partition("/")
        if not path.startswith(f"{self.name}/resolve/"):
            return self._missing()
        return self._file(self.commits.get(commit), file, {"X-Repo-Commit": commit}, body)

    def _listing(self, commit: str, body: bool) -> None:
        files = [{"rfilename": f.name, "size": f.stat().st_size} for f in sorted(self.commits[commit].iterdir())]
        told = {"id": self.name, "modelId": self.name, "sha": commit, "siblings": files, "cardData": dict(self.card)}
        self._json(told, body)

    def _modelscope(self, path: str, query: Mapping[str, list[str]], body: bool) -> None:
        if path.endswith("/repo/files"):
            folder = self.commits[self.head]
            files = [
                {"Name": f.name, "Path": f.name, "Type": "blob", "Size": f.stat().st_size, "Revision": self.head,
                 "Sha256": hashlib.sha256(f.read_bytes()).hexdigest()}
                for f in sorted(folder.iterdir())
            ]  # fmt: skip
            return self._json({"Code": 200, "Data": {"Files": files}}, body)
        if path.endswith("/repo"):
            return self._file(self.commits.get(query["Revision"][0]), query["FilePath"][0], {}, body)
        return self._json({"Code": 200, "Data": {"License": "mit"}}, body)

    def _file(self, folder: Path | None, name: str, headers: dict[str, str], body: bool) -> None:
        if folder is None or not (folder / name).is_file():
            return self._missing()
        with (folder / name).open("rb") as stream:
            data = stream.read(MOST_SENT)
        return self._send(data, {**headers, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}, body)

    def _missing(self) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, told: Any, body: bool) -> None:
        self._send(json.dumps(told).encode(), {"Content-Type": "application/json"}, body)

    def _send(self, data: bytes, headers: dict[str, str], body: bool) -> None:
        wanted = self.headers.get("Range")
        first, _dash, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last) + 1 if last else None]
        self.send_response(206 if wanted else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        for start in range(0, len(part) if body else 0, 65_536):
            self.wfile.write(part[start : start + 65_536])
            time.sleep(self.pause)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


@contextmanager
def moving_hub(
    commits: dict[str, Path], name: str, *, pause: float = 0.0, card: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Serve the model `name` with the folder of each commit, the last of which is its newest; more may be added meanwhile."""
    asked: list[str] = []
    told = {"commits": commits, "name": name, "pause": pause, "asked": asked, "card": card or {}}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), told))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def small_hub(folder: Path, name: str, *, pause: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """Serve `folder` as the model `name`: (address, requests so far)."""
    with moving_hub({COMMIT: folder}, name, pause=pause) as served:
        yield served
