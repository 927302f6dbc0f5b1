from tests.browser.test_playground_page import *
from tests.browser.test_playground_page import studio, _seed, _idle


def test_shots(visit, studio):
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    page.screenshot(path="/tmp/ways-1.png")
    page.click("#play-add")
    page.wait_for_selector(".pick-row")
    page.screenshot(path="/tmp/ways-2.png")
    page.keyboard.press("Escape")
    both = ",".join(
        [
            "base",
            f"tuned:{studio.tuned[0]}",
            f"tuned:{studio.tuned[1]}",
            f"checkpoint:{studio.checkpoint}",
            f"model:{studio.other}",
        ]
    )
    page.goto(f"{studio.server.url}/en/playground?sides={both}")
    page.wait_for_selector(".play-head")
    _seed(page)
    page.locator(".play-welcome-chips .play-chip").first.click()
    _idle(page, 5)
    page.evaluate("document.querySelector('.play-heads').scrollLeft = 150")
    page.wait_for_timeout(300)
    page.screenshot(path="/tmp/ways-3.png")
    page.set_viewport_size(PHONE)
    page.locator(".play-tab").nth(2).click()
    page.wait_for_timeout(600)
    page.screenshot(path="/tmp/ways-4.png")
