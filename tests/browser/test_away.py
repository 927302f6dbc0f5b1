"""While the server is away: said once, asked ever more seldom, and on again when it is back."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from tests.browser.conftest import Open, Server, Visit, free_port, start_server
from tests.browser.seeds import add_inputs, add_job
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a job to look at: its page asks every 600 ms."""
    ctx = open_context(Settings(home=tmp_path / "home", offline=True), upgrade=True)
    add_job(ctx, add_inputs(ctx), "Lantern talk", "succeeded", position=1)
    ctx.db.close()
    return tmp_path / "home"


def ask_count(page: Any, milliseconds: int) -> int:
    """How many requests leave the page in that time."""
    sent: list[str] = []

    def listen(request: Any) -> None:
        sent.append(request.url)

    page.on("request", listen)
    page.wait_for_timeout(milliseconds)
    page.remove_listener("request", listen)
    return len(sent)


def test_a_server_that_is_gone_is_said_once_and_asked_seldom(visit: Open, home: Path) -> None:
    port = free_port()
    sentence = t("en", "common.server_away")
    with start_server(home, port=port) as first:
        tab: Visit = visit(at=first)
        page = tab.open("/en/jobs?job=1")
        page.wait_for_selector("#ts-main h1")
        assert ask_count(page, 4000) > 4
        start = visit(at=first).open("/en/")
        start.wait_for_selector("#home-try")
        first.stop(signal.SIGKILL)
    start.click("#home-try")
    start.wait_for_selector(".ts-toast.danger", timeout=15_000)
    assert start.inner_text(".ts-toast.danger span") == sentence, "a button says the same, never an exception's text"
    page.wait_for_selector("#ts-offline", timeout=15_000)
    assert sentence in page.inner_text("#ts-offline [role=status]")
    assert ask_count(page, 7000) <= 3, "after 1, 2 and 4 seconds"
    assert page.locator("#ts-offline").count() == 1
    assert re.search(r"\d s", page.inner_text("#ts-offline .ts-num"))
    assert tab.violations() == []
    page.click("#ts-try-now")
    page.wait_for_timeout(500)
    assert page.locator("#ts-offline").count() == 1
    assert not [one for one in tab.errors if "TypeError" in one or "undefined" in one]
    with start_server(home, port=port):
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_selector("#ts-offline", state="detached", timeout=5000)
        assert ask_count(page, 4000) > 4, "the polls go on"


def test_a_server_that_hangs_is_found_again_when_it_goes_on(visit: Open, home: Path) -> None:
    with start_server(home) as server:
        page = visit(at=server).open("/en/jobs?job=1")
        page.wait_for_selector("#ts-main h1")
        server.process.send_signal(signal.SIGSTOP)
        page.wait_for_selector("#ts-offline", timeout=30_000)
        server.process.send_signal(signal.SIGCONT)
        page.wait_for_selector("#ts-offline", state="detached", timeout=30_000)
        assert ask_count(page, 4000) > 4


def test_a_part_that_cannot_be_loaded_says_so_in_its_place(visit: Open, server: Server) -> None:
    tab: Visit = visit(at=server)
    tab.page.route("**/views/train/steps/model.js*", lambda route: route.abort())
    page = tab.open("/en/train")
    page.wait_for_selector(".train-step [role=alert]")
    assert page.inner_text(".train-step [role=alert]") == t("en", "error.internal")
    assert not [one for one in tab.errors if "Uncaught" in one]
