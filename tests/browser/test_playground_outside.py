"""A model of a server elsewhere in the Playground: chosen, asked beside the base, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.serving.outside.servers import OutsideModel
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base
from tests.outside_server import MODELS, OutsideHost, outside_host, plain_speech, send
from webui.i18n import error_text, t

pytestmark = pytest.mark.browser


@dataclass
class Elsewhere:
    """A server of ours and one that it may ask."""

    server: Server
    host: OutsideHost


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    home = tmp_path_factory.mktemp("outside") / "home"
    ctx = new_home(home)
    add_base(ctx)
    ctx.db.close()
    with outside_host() as host:
        down = "http://127.0.0.1:1/v1"
        with start_server(home, TUNESMITH_SERVERS=f"{host.url} {down}", TUNESMITH_SERVER_KEYS="sk-hidden -") as server:
            yield Elsewhere(server, host)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_model_elsewhere_is_chosen_and_answers(
    visit: Open, elsewhere: Elsewhere, language: str, shots: Callable[[Any, str], Path]
) -> None:
    host = elsewhere.host.url.removesuffix("/v1")
    tab = visit(at=elsewhere.server, **({"size": PHONE, "scheme": "dark"} if language == "zh" else {}))
    page = tab.open(f"/{language}/playground")
    page.locator("#play-add").click()
    model = OutsideModel(elsewhere.host.url, MODELS[0])
    group = page.get_by_role("region", name=t(language, "playground.outside.group", host=host))
    group.get_by_role("button", name=model.name).wait_for()
    lost = page.get_by_role("region", name=t(language, "playground.outside.group", host="http://127.0.0.1:1"))
    told = error_text(language, Fault("outside.down", host="http://127.0.0.1:1", reason="Connection refused"))
    assert told in lost.inner_text()
    shots(page, f"outside-pick-{language}")
    assert tab.violations() == []
    group.get_by_role("button", name=model.name).click()
    page.locator(".play-head-name", has_text=model.label).wait_for()
    page.reload()  # the address says who answers
    page.locator(".play-head-name", has_text=model.label).wait_for()
    page.locator("#play-remove-base").click()  # quicker without it
    page.locator("#play-input").fill("The lantern is red.")
    page.locator("#play-input").press("Enter")
    answer = page.locator(".play-answer", has_text="The lantern is red.")
    answer.first.wait_for()
    elsewhere.host.act = lambda handler, _question: send(handler, 401, {}, b"{}")
    page.locator("#play-input").fill("And the door?")
    page.locator("#play-input").press("Enter")
    refused = error_text(language, Fault("outside.refused", host=host, status=401))
    page.get_by_text(refused).first.wait_for()
    elsewhere.host.act = plain_speech
    shots(page, f"outside-said-{language}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert "sk-hidden" not in page.content()
    assert tab.violations() == []
    tab.assert_clean()
