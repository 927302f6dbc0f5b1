"""The frame around every page in a real browser: navigation, language, scheme, phone, accessibility, no foreign request."""

from __future__ import annotations

import re
import time

import psutil
import pytest

from engine.data.samples.builtin import sample_file
from tests.browser.conftest import DESKTOP, PHONE, Open, Server
from webui.i18n import t
from webui.pages import PAGES

pytestmark = pytest.mark.browser

KEYS = [page.key for page in PAGES]


def path_of(lang: str, key: str) -> str:
    return f"/{lang}/{next(page.path for page in PAGES if page.key == key)}"


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("zh", "dark")])
@pytest.mark.parametrize("key", KEYS)
def test_each_page_draws_itself_cleanly_accessibly_and_fits_a_phone(
    visit: Open, key: str, lang: str, scheme: str
) -> None:
    tab = visit(scheme=scheme)
    page = tab.open(path_of(lang, key))
    page.wait_for_selector("#ts-main h1")
    assert page.locator("#ts-main h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
    assert page.evaluate("navigator.language") == ("zh-CN" if lang == "zh" else "en")
    assert page.title() == f"{t(lang, f'nav.{key}')} · Tunesmith"
    assert not re.search(r"\b[a-z_]+\.[a-z_.]+[a-z]\b", page.locator("#ts-main h1").inner_text()), "a key, not a text"
    page.wait_for_timeout(400)
    assert tab.violations() == []
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.violations() == [], "on a phone"
    tab.assert_clean()


def test_the_navigation_leads_everywhere(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/")
    for entry in PAGES[1:]:
        page.click(f".ts-rail [data-page={entry.key}]")
        page.wait_for_url(f"**/en/{entry.path}")
        page.wait_for_selector("html.ts-ready", state="attached")
        assert page.locator("[aria-current=page]").get_attribute("data-page") == entry.key


def test_what_is_followed_may_come_onto_the_page_a_moment_later(visit: Open) -> None:
    page = visit().open("/en/")
    page.wait_for_selector("html.ts-ready", state="attached")
    page.evaluate(
        """async () => {
          const { poll } = await import("/scripts/en/kit/server.js");
          const box = document.createElement("p");
          poll(box, 20, async () => { box.dataset.looks = Math.min(3, Number(box.dataset.looks || 0) + 1); });
          document.body.append(box);
        }"""
    )
    page.wait_for_selector("[data-looks='3']", state="attached")


def test_the_language_switch_keeps_page_and_query(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/data?dataset=3")
    page.click(".ts-languages [data-language=zh]")
    page.wait_for_url("**/zh/data?dataset=3*")
    page.goto(tab.url + "/settings")
    assert page.url.endswith("/zh/settings")


def test_the_scheme_is_kept_and_nothing_flashes(visit: Open) -> None:
    tab = visit(scheme="light")
    page = tab.open("/en/")
    page.click(".ts-schemes [data-scheme=dark]")
    assert page.evaluate("document.documentElement.dataset.scheme") == "dark"
    assert page.locator(".ts-schemes [aria-pressed=true]").get_attribute("data-scheme") == "dark"
    colours: list[str] = page.evaluate("getComputedStyle(document.body).backgroundColor") and []
    page.add_init_script(
        "window.seen = []; new MutationObserver(() => { if (document.body) window.seen.push(document.documentElement.dataset.scheme) })"
        ".observe(document, {childList: true, subtree: true})"
    )
    tab.open("/en/jobs")
    colours += page.evaluate("[...new Set(window.seen)]")
    assert colours == ["dark"]
    assert page.evaluate("document.body.classList.contains('dark')")
    page.click(".ts-schemes [data-scheme=system]")
    assert page.evaluate("document.documentElement.dataset.scheme") == "light"


def test_the_skip_link_comes_first_and_works(visit: Open) -> None:
    page = visit().open("/en/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ts-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "ts-main"


def test_the_phone_menu_opens_by_keyboard_and_closes_by_escape(visit: Open) -> None:
    tab = visit(size=PHONE)
    page = tab.open("/en/")
    visible = [entry.key for entry in PAGES if page.locator(f".ts-rail [data-page={entry.key}]").is_visible()]
    assert visible == KEYS[:5]
    page.focus(".ts-more-button")
    page.keyboard.press("Enter")
    assert page.locator(".ts-rail [data-page=settings]").is_visible()
    assert tab.violations() == []
    page.keyboard.press("Escape")
    assert not page.locator(".ts-rail [data-page=settings]").is_visible()
    assert page.evaluate("document.activeElement.classList.contains('ts-more-button')")


def test_targets_are_large_enough(visit: Open) -> None:
    page = visit().open("/en/settings")
    page.wait_for_selector("#ts-main h1")
    small = page.evaluate(
        """[...document.querySelectorAll('button, .ts-nav-item, .ts-languages a, input:not([type=checkbox], .ts-seg input), .ts-seg label')]
        .map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 80)])
        .filter(([r]) => r.width && (r.height < 32 || r.width < 32)).map(([, html]) => html)"""
    )
    assert small == []


def test_no_trace_of_stock_gradio_is_seen(visit: Open) -> None:
    page = visit().open("/en/")
    assert page.locator("footer:visible").count() == 0
    assert "gradio" not in page.locator("body").inner_text().lower()


def test_content_is_there_soon_and_does_not_jump(visit: Open) -> None:
    tab = visit()
    tab.open("/en/settings")  # warms the browser's cache
    page = tab.page
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    began = time.monotonic()
    tab.open("/en/")
    assert time.monotonic() - began < 6
    page.wait_for_timeout(800)
    assert page.evaluate("window.shift") < 0.1


def test_an_idle_server_leaves_the_processor_to_training(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    time.sleep(1)
    before = process.cpu_times()
    time.sleep(3)
    after = process.cpu_times()
    assert (after.user + after.system) - (before.user + before.system) <= 0.04, (
        "0.3 % of a core, and what a clock of 10 ms adds"
    )


def test_the_example_of_the_offer_is_in_the_sample() -> None:
    for lang in ("en", "zh"):
        rows = sample_file(lang).read_text(encoding="utf-8")
        assert t(lang, "home.demo.question") in rows
        assert t(lang, "home.demo.tuned") in rows


def test_the_lesson_is_offered_and_shown(visit: Open, server: Server) -> None:
    tab = visit(size=DESKTOP)
    page = tab.open("/en/")
    page.click("#home-try")
    page.wait_for_selector("#home-start")
    assert page.locator(".home-rows .ts-bubble").count() == 6
    assert tab.violations() == []
