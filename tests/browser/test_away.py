"""While the server is away: said once, asked ever more seldom, and on again when it is back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from tests.browser.conftest import Open, Visit, free_port, start_server
from tests.browser.seeds import add_inputs, add_job
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with a job to look at: its page asks every 600 ms."""
    ctx = open_context(Settings(home=tmp_path / "home", offline=True), upgrade=True)
    add_job(ctx, add_inputs(ctx), "Lantern talk", "succeeded", position=1)
    ctx.db.close()
    yield tmp_path / "home"


def ask_count(page: Any, milliseconds: int) -> int:
    """How many requests leave the page in that time."""
    sent: list[str] = []
    listen = lambda request: sent.append(request.url)  # noqa: E731 - the same object is taken off again
    page.on("request", listen)
    page.wait_for_timeout(milliseconds)
    page.remove_listener("request", listen)
    return len(sent)


def test_a_server_that_is_gone_is_said_once_and_asked_seldom(visit: Open, home: Path) -> None:
    port = free_port()
    with start_server(home, port=port) as first:
        tab: Visit = visit(at=first)
        page = tab.open("/en/jobs?job=1")
        page.wait_for_selector("#ts-main h1")
        assert ask_count(page, 4000) > 4
        first.stop(signal.SIGKILL)
        page.wait_for_selector("#ts-offline", timeout=15_000)
        words = page.inner_text("#ts-offline")
        assert t("en", "common.server_away") in words
        assert page.locator("#ts-offline [role=status]").count() == 1
        assert ask_count(page, 7000) <= 3, "after 1, 2 and 4 seconds"
        assert page.locator("#ts-offline").count() == 1
        assert "s." in page.inner_text("#ts-offline .ts-num")
        assert tab.violations() == []
        page.click("button:has-text('YAML')") if page.locator("button:has-text('YAML')").count() else None
        assert not any("TypeError" in one or "undefined" in one for one in tab.errors), tab.errors
    with start_server(home, port=port):
        page.click("#ts-try-now")
        page.wait_for_selector("#ts-offline", state="detached", timeout=10_000)
        assert ask_count(page, 4000) > 4, "the polls go on"


def test_a_button_says_the_same_sentence_and_never_an_exceptions_text(visit: Open, home: Path) -> None:
    with start_server(home) as server:
        page = visit(at=server).open("/en/")
        page.wait_for_selector("#home-try")
        server.stop(signal.SIGKILL)
        page.click("#home-try")
        page.wait_for_selector(".ts-toast.danger", timeout=15_000)
        assert page.inner_text(".ts-toast.danger span") == t("en", "common.server_away")


def test_a_server_that_hangs_is_found_again_when_it_goes_on(visit: Open, home: Path) -> None:
    with start_server(home) as server:
        page = visit(at=server).open("/en/jobs?job=1")
        page.wait_for_selector("#ts-main h1")
        server.process.send_signal(signal.SIGSTOP)
        page.wait_for_selector("#ts-offline", timeout=30_000)
        server.process.send_signal(signal.SIGCONT)
        page.wait_for_selector("#ts-offline", state="detached", timeout=15_000)
        assert ask_count(page, 4000) > 4


def test_a_tab_that_is_looked_at_again_tries_at_once(visit: Open, home: Path) -> None:
    port = free_port()
    with start_server(home, port=port) as first:
        page = visit(at=first).open("/en/jobs?job=1")
        page.wait_for_selector("#ts-main h1")
        first.stop(signal.SIGKILL)
        page.wait_for_selector("#ts-offline", timeout=15_000)
        page.wait_for_timeout(8000)  # the next try is eight seconds away
    with start_server(home, port=port):
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_selector("#ts-offline", state="detached", timeout=4000)
