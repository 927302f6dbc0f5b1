"""Seconds from `python app.py` to the first page, and to `--help`: `python -m benchmarks.startup`. Each run has a new home."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.page_weight import weigh_pages

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS = 5
LIMIT = 60.0


@contextmanager
def served(home: Path) -> Iterator[str]:
    """A server on a free port; gives its address once the first page was answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--home", str(home), "serve", "--port", str(port)]
    environment = os.environ | {"TUNESMITH_OFFLINE": "1"}
    server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/en/")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str) -> None:
    begun = time.perf_counter()
    while time.perf_counter() - begun < LIMIT:
        try:
            urllib.request.urlopen(url, timeout=LIMIT).read()
            return
        except urllib.error.URLError:
            time.sleep(0.01)
    raise SystemExit(f"no page within {LIMIT:.0f} s")


def first_page(home: Path) -> float:
    """Seconds from starting the server to its first page."""
    begun = time.perf_counter()
    with served(home):
        return time.perf_counter() - begun


def help_text() -> float:
    """Run `--help` to its end."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "app.py", "--help"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Print every round and the medians."""
    pages, helps = [], []
    for number in range(1, ROUNDS + 1):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            pages.append(first_page(Path(folder) / "home"))
        helps.append(help_text())
        print(f"round {number}: first page {pages[-1]:.2f} s, --help {helps[-1]:.2f} s", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, served(Path(folder) / "home") as url:
        for one in weigh_pages(url):
            print(
                f"{one.page:12} {one.own_bytes / 1e3:6.1f} kB of our scripts and styles ({one.sent_bytes / 1e3:5.1f} kB sent), "
                f"{one.own_requests:3} requests of ours, {one.requests:3} in all"
            )
    print(f"median: first page {statistics.median(pages):.2f} s, --help {statistics.median(helps):.2f} s")


if __name__ == "__main__":
    main()
