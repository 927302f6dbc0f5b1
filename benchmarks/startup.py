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
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS = 5
LIMIT = 60.0


def first_page(home: Path) -> float:
    """Start the server on a free port and wait for its first page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    command = [sys.executable, "app.py", "--home", str(home), "serve", "--port", str(port)]
    environment = os.environ | {"TUNESMITH_OFFLINE": "1"}
    server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - begun < LIMIT:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/en/", timeout=LIMIT).read()
                return time.perf_counter() - begun
            except urllib.error.URLError:
                time.sleep(0.01)
        raise SystemExit(f"no page within {LIMIT:.0f} s")
    finally:
        server.terminate()
        server.wait()


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
    print(f"median: first page {statistics.median(pages):.2f} s, --help {statistics.median(helps):.2f} s")


if __name__ == "__main__":
    main()
