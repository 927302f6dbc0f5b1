"""A model that is not on this machine: found, known by its small files, planned with for a card that is not here either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Open, Server, start_server
from tests.browser.wizard import data_card, planned
from tests.hollow import write_hollow
from tests.homes import new_home
from tests.integration.small_hub import small_hub
from tests.tiny import add_dataset, chat_rows
from webui.i18n import t

pytestmark = pytest.mark.browser

NAME = "Qwen/Qwen3-8B"
ROWS = 200
CARD = "rtx-4060-ti-16-gb"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A hub with one model of 8 billion parameters, and what was asked of it."""
    with small_hub(write_hollow(tmp_path_factory.mktemp("hub") / "model"), NAME) as served:
        yield served


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, hub: tuple[str, list[str]]) -> Iterator[Server]:
    """A server with a data set and no model, which may ask that hub."""
    home = tmp_path_factory.mktemp("shelf") / "home"
    ctx = new_home(home)
    add_dataset(ctx, chat_rows(ROWS))
    ctx.db.close()
    with start_server(home, TUNESMITH_OFFLINE="0", TUNESMITH_HUB=hub[0]) as server:
        yield server


def test_a_plan_for_a_card_of_8_gb_without_a_download(visit: Open, studio: Server, hub: tuple[str, list[str]]) -> None:
    tab = visit(at=studio)
    page = tab.open("/en/train")
    page.fill("#pick-search", NAME)
    page.click(f"[id='pick-take-{NAME}']")
    page.wait_for_selector(".ts-choice[aria-checked=true]:not([aria-disabled])", timeout=60_000)
    assert t("en", "train.model.known", size="16.4 GB") in page.inner_text(".ts-choice[aria-checked=true]")
    page.click("#train-next")
    page.click(data_card("Words"))
    page.click("#train-next")
    page.click("[data-value=planned]")
    page.fill("#train-device-search", "4060")
    page.click(f"#shelf-{CARD}")
    page.wait_for_selector(".train-offer[aria-checked=true]")
    planned(page)
    page.wait_for_selector(".estimate-verdict .good")
    assert t("en", "train.estimate.fits") in page.inner_text(".estimate-verdict")
    page.click("#choice-auto")
    page.wait_for_selector(".estimate-weights")
    assert "16.4 GB" in page.inner_text(".estimate-weights")
    assert page.is_visible("#train-start")
    assert _weights(hub[1]) == 1  # its beginning, which says what is in it
    tab.assert_clean()


def _weights(asked: list[str]) -> int:
    return sum(one.endswith(".safetensors") for one in asked)
