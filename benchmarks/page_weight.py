"""What the first view of each page costs on a cold cache: our own scripts and styles, and requests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

from engine.core.text import FALLBACK
from webui.pages import PAGES

SETTLED_MS = 2500  # after the page is loaded: views have asked for what they show
_OWN = ("/scripts/", "/styles/", "/static/")


@dataclass(frozen=True)
class Weight:
    """One page at first view."""

    page: str  # key
    own_bytes: int  # of our JavaScript and CSS, unpacked, without vendored libraries
    sent_bytes: int  # the same, as it came over the wire
    own_requests: int  # of scripts, styles, fonts and pictures of ours
    requests: int  # of everything, Gradio's own and calls of the server among them


def _is_code(url: str) -> bool:
    return "/vendor/" not in url and url.split("?")[0].endswith((".js", ".css"))


def _sent(request: Any) -> int:
    return int(request.sizes()["responseBodySize"])


def _weigh(browser: Any, url: str, key: str, path: str) -> Weight:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{url}/{FALLBACK}/{path}")
    page.wait_for_timeout(SETTLED_MS)
    own = [one for one in answers if one.url.removeprefix(url).startswith(_OWN)]
    code = [one for one in own if _is_code(one.url)]
    weight = Weight(
        key, sum(len(one.body()) for one in code), sum(_sent(one.request) for one in code), len(own), len(answers)
    )
    context.close()
    return weight


def weigh_pages(url: str) -> list[Weight]:
    """Open each page of the server at `url` in a new browser context.

    Raises:
        SystemExit: where there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium here: pages cannot be weighed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        weights = [_weigh(browser, url, page.key, page.path) for page in PAGES]
        browser.close()
    return weights
