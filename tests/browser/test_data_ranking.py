"""From prompts to a data set of pairs in a real browser: draw answers, rank them by keyboard and by thumb, make the rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.integration import chat_models
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("ranking") / "home"
    ctx = new_home(home)
    chat_models.add_base(ctx)
    ctx.db.close()
    with start_server(home) as running:
        yield running


def test_answers_are_drawn_ranked_and_become_pairs(visit: Open, ranking: Server) -> None:
    tab = visit(at=ranking)
    page = tab.open("/en/data?add=rank")
    page.fill("#rank-prompts", "What is one?\nWhat is two?\nWhat is three?")
    page.fill("#rank-answers", "3")
    page.fill("#rank-temperature", "2")
    page.fill("#rank-longest", "8")
    assert tab.violations() == []
    page.click("#rank-start")
    page.wait_for_url("**/data?rank=*")
    page.wait_for_selector(".rank-answer", timeout=90_000)
    page.wait_for_function("!document.querySelector('#rank-stop')")
    assert "tiny" not in page.inner_text(".rank-card").lower(), "who answered is not told"
    assert page.is_disabled("#rank-save")

    shown = page.locator(".rank-text").all_inner_texts()
    page.keyboard.press("Enter")  # it says what is missing, and keeps nothing
    page.wait_for_selector(f'text="{t("en", "rank.missing", n="2")}"')
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("=")  # the second tie: third with second
    page.wait_for_selector(".rank-answer.tied")
    page.keyboard.press("u")
    page.wait_for_selector(".rank-answer.tied", state="detached")
    assert page.locator(".rank-text").all_inner_texts() == [shown[1], shown[2], shown[0]]
    assert tab.violations() == []
    page.keyboard.press("Enter")
    page.wait_for_selector('#rank-count[data-done="1"]')
    page.reload()
    page.wait_for_selector('#rank-count[data-done="1"]')  # it was kept at once

    page.set_viewport_size(PHONE)
    second = page.locator(".rank-answer").nth(1)
    place = second.get_attribute("data-place")
    second.scroll_into_view_if_needed()
    grip, top = page.locator(".rank-grip").nth(1).bounding_box(), page.locator(".rank-answer").first.bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, top["y"] + 2, steps=4)
    page.mouse.up()
    assert page.locator(".rank-answer").first.get_attribute("data-place") == place
    page.click("#rank-edit > summary")
    page.fill("#rank-best", "A better answer.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []
    page.click("#rank-save")
    page.wait_for_selector('#rank-count[data-done="2"]')
    page.click("#rank-skip")
    page.wait_for_selector(f'text="{t("en", "rank.all_done")}"')
    page.wait_for_selector("#rank-gather")
    page.click("#rank-gather")
    page.click("#rank-open")
    page.wait_for_url("**/data?dataset=*")
    page.wait_for_selector(".data-row")
    assert "A better answer." in page.inner_text(".data-rows")
    tab.assert_clean()
