"""What a server takes while nobody does anything: `python -m benchmarks.idle` serves a home in which no job runs and prints the
share of a core that it takes, with no page open, with an idle one, and with one in a tab that is not looked at.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.startup import served
from tests.homes import new_home

MOST = 0.003  # of a core
_SETTLES = 12.0  # seconds after which a server has done what it does at its start
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_HIDDEN = """Object.defineProperty(document, "hidden", { get: () => true });
Object.defineProperty(document, "visibilityState", { get: () => "hidden" });"""


def share(server: psutil.Process, seconds: float) -> float:
    """The share of one core that a server and all that it has started take."""
    before = _used(server)
    time.sleep(seconds)
    return (_used(server) - before) / seconds


def _used(server: psutil.Process) -> float:
    used = 0.0
    for one in [server, *server.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        used += times.user + times.system
    return used


@contextmanager
def opened_page(address: str, *, hidden: bool) -> Iterator[None]:
    """A page in a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        if hidden:
            page.add_init_script(_HIDDEN)
        page.goto(address)
        page.wait_for_selector("#ts-main h1", state="attached")
        yield
        browser.close()


def figures(url: str, server: psutil.Process, seconds: float) -> Iterator[str]:
    """Every figure in one line, with what it should be."""
    time.sleep(_SETTLES)
    yield f"nothing to do, no page open (at most {MOST:.1%} of a core): {share(server, seconds):.2%}"
    for hidden in (False, True):
        with opened_page(f"{url}/en/jobs", hidden=hidden):
            time.sleep(_SETTLES)
            yield f"nothing to do, a list of jobs in a {'hidden' if hidden else 'visible'} tab: {share(server, seconds):.2%}"


def main() -> None:
    """Print each figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="that each is measured for")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        _leave_the_starter_out(home)
        with served(home) as url:
            server = next(one for one in psutil.Process().children() if "app.py" in " ".join(one.cmdline()))
            for line in figures(url, server, given.seconds):
                print(line, flush=True)


def _leave_the_starter_out(home: Path) -> None:
    """A new home would prepare the starter model."""
    from engine.models.base import starter
    from storage.tables import LanguageModel

    ctx = new_home(home)
    with ctx.db.write() as s:
        s.add(LanguageModel(name="Starter", source="starter", ref=starter.HUB_NAME, status="failed", deleted_at=1.0))
    ctx.db.close()


if __name__ == "__main__":
    main()
