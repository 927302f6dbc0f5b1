"""Browser tests: the real program in a process of its own on a free port, and a real Chromium in front of it.

How to get a server, cheapest first:
- the fixture `server`: one for the whole session, for tests that only look at pages or bring names of their own;
- `start_server(home)` for a file that needs a home of its own (a model that is ready, a running queue ...). Make the home with
  `tests.homes.new_home(home)`, fill it with rows (`seeds`, `tests.tiny`), then start. The server is forked from a process that
  has imported everything: a fraction of a second. Give it to a file (scope="module"), not to each test;
- `start_server(home, forked=False)` is `python app.py serve` from nothing: three seconds, for tests of the start itself.
How to get a page: `visit().open("/en/...")`. Loading a page is most of what a browser test costs (more than a second of
work): look at several things in one visit, and open the next page in the same tab.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.models.base.starter import HUB_NAME
from storage.queries.base_models import find_model, was_removed
from storage.tables import LanguageModel
from tests import forks
from tests.forks import Forked
from tests.homes import new_home

PROJECT = Path(__file__).resolve().parents[2]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_EXPECTED_NOISE = ("favicon", "ResizeObserver loop")


@dataclass
class Server:
    """A running Tunesmith."""

    url: str
    home: Path
    process: subprocess.Popen[bytes] | Forked

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server; jobs of its own would go on, as they must."""
        self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/en/", timeout=20) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _without_starter(home: Path) -> None:
    """As if the user had removed the starter model: a server would otherwise fetch and convert it beside the tests."""
    ctx = new_home(home)
    with ctx.db.write() as s:
        origin = {"source": "starter", "ref": HUB_NAME}
        if find_model(s, **origin) is None and not was_removed(s, **origin):
            s.add(LanguageModel(name="Starter", status="failed", deleted_at=time.time(), **origin))
    ctx.db.close()


@contextmanager
def start_server(home: Path, *, port: int | None = None, forked: bool = True, **environment: str) -> Iterator[Server]:
    """`app.py serve` with `home`; ended afterwards. The log is at home/../server.log."""
    home.mkdir(parents=True, exist_ok=True)
    if "TUNESMITH_STARTER_FROM" not in environment:
        _without_starter(home)
    port, log = port or free_port(), home.parent / "server.log"
    arguments = ["serve", "--port", str(port)]
    values = {**os.environ, "TUNESMITH_HOME": str(home), "TUNESMITH_OFFLINE": "1", **environment}
    process = forks.program(arguments, values, log) if forked else _begin(arguments, values, log)
    server = Server(f"http://127.0.0.1:{port}", home, process)
    try:
        deadline = time.monotonic() + 60
        while not _answers(server.url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the server did not answer within 60 s"
            time.sleep(0.05)
        yield server
    finally:
        server.stop()


def _begin(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        command = [sys.executable, str(PROJECT / "app.py"), *arguments]
        return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that only look at pages."""
    with start_server(tmp_path_factory.mktemp("browser") / "home", forked=False) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium; a clear skip where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed (`.ci/chromium` installs it where apt-get and root are there)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-extensions"]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """One browser tab, and all that went wrong in it."""

    page: Any
    url: str
    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heard: dict[str, Callable[[Any], None]] = {
            "request": lambda request: self._saw(request.url),
            "console": lambda said: self._said(said.type, said.text),
            "pageerror": lambda error: self.errors.append(str(error)),
            "response": lambda answer: self._answered(answer.status, answer.url),
        }
        for event, hear in self._heard.items():
            self.page.on(event, hear)

    def leave(self) -> None:
        """Hear no more of the tab: it goes on to another test."""
        for event, hear in self._heard.items():
            self.page.remove_listener(event, hear)

    def _saw(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:", "about:")):
            self.external.append(url)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not any(noise in text for noise in _EXPECTED_NOISE):
            self.errors.append(text)

    def _answered(self, status: int, url: str) -> None:
        if status >= 400:
            self.failed.append(f"{status} {url}")

    def open(self, path: str) -> Any:
        """Go to a page and wait until its view is drawn."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("html.ts-ready", timeout=20_000, state="attached")
        return self.page

    def assert_clean(self) -> None:
        """No request left this machine, nothing failed, nothing was thrown."""
        assert self.external == []
        assert self.failed == []
        assert self.errors == []

    def violations(self) -> list[str]:
        """What axe-core finds wrong on the page as it is now."""
        return axe_violations(self.page)


_CHANGED = """() => Promise.race([new Promise((done) => setTimeout(done, 2000)), Promise.all(document.getAnimations()
    .filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => null)))])"""


def axe_violations(page: Any) -> list[str]:
    """Every violation that axe-core finds once colours have changed, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(_CHANGED)
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {json.dumps([node['html'][:160] for node in rule['nodes'][:4]])}" for rule in found]


Open = Callable[..., Visit]


# What a tab does not forget: it is closed after the test that called one of these.
_SPOILING = ("add_init_script", "emulate_media", "expose_binding", "expose_function", "set_extra_http_headers")


class _Tabs:
    """Tabs that are used again: one that has loaded Gradio's scripts before does half the work for the next page."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: dict[str, list[Any]] = {}
        self._spoilt: set[Any] = set()

    def take(self, **options: Any) -> tuple[str, Any]:
        """An empty tab that nobody uses, with its key."""
        key = json.dumps(options, sort_keys=True)
        free = self._free.setdefault(key, [])
        return key, free.pop() if free else self._new(self._browser.new_context(**options))

    def give_back(self, key: str, page: Any) -> None:
        """Leave the page and forget its session storage, cookies, permissions, routes, and what it opened."""
        context = page.context
        if page in self._spoilt or page.is_closed():
            page = self._new(context)
        for other in context.pages:
            if other is not page:
                other.close()
        if page.url.startswith("http"):
            page.evaluate("sessionStorage.clear()")
            page.goto("about:blank")
        page.set_viewport_size(json.loads(key)["viewport"])
        page.unroute_all()
        context.clear_cookies()
        context.clear_permissions()
        context.unroute_all()
        self._free[key].append(page)

    def _new(self, context: Any) -> Any:
        page = context.new_page()
        for name in _SPOILING:
            setattr(page, name, self._marked(page, getattr(page, name)))
        return page

    def _marked(self, page: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def marked(*given: Any, **named: Any) -> Any:
            self._spoilt.add(page)
            return call(*given, **named)

        return marked


@pytest.fixture(scope="session")
def tabs(chromium: Any) -> _Tabs:
    """The pool of tabs."""
    return _Tabs(chromium)


@pytest.fixture
def visit(tabs: _Tabs, server: Server) -> Iterator[Open]:
    """Open a tab: visit(lang="en", size=PHONE, scheme="dark", server=...)."""
    taken = []

    def opened(*, size: dict[str, int] = DESKTOP, scheme: str = "light", at: Server = server, **options: Any) -> Visit:
        key, page = tabs.take(viewport=size, color_scheme=scheme, **options)
        seen = Visit(page, at.url)
        taken.append((key, seen))
        return seen

    yield opened
    for key, seen in taken:
        seen.leave()
        tabs.give_back(key, seen.page)


@pytest.fixture
def shots(tmp_path: Path) -> Callable[[Any, str], Path]:
    """Save a picture of the page; TUNESMITH_SHOTS names a folder that keeps them."""
    folder = Path(os.environ.get("TUNESMITH_SHOTS", str(tmp_path)))
    folder.mkdir(parents=True, exist_ok=True)

    def shot(page: Any, name: str) -> Path:
        file = folder / f"{name}.png"
        page.screenshot(path=str(file), full_page=True)
        return file

    return shot
