"""The frame around every page: Gradio's document, rewritten before it is sent.

Language, scheme, navigation and a quiet skeleton are in the first bytes of the page, before any script runs:
nothing flashes, nothing jumps.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

from engine.core.text import LANGUAGES
from webui.assets import Assets
from webui.i18n import t
from webui.pages import PAGES, Page
from webui.scripts import FOLDER

_PHONE_BAR = 5  # entries of the bottom bar on a phone; the others are behind "More"
_FOREIGN = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*?/>\s*|<link rel="manifest"[^>]*>\s*', re.DOTALL)
_MARKS = ('lang="en"', "<head>", "</head>", "<gradio-app", 'control_page_title="true"', "</gradio-app>")
BRAND = (FOLDER / "brand.svg").read_text(encoding="utf-8")
_EARLY = (FOLDER / "kit/early.js").read_text(encoding="utf-8")


class ShellBroken(RuntimeError):
    """Gradio's document is not the one that this shell was written for (a new version?)."""


def icon(name: str) -> str:
    """An icon of the navigation: drawn from the sprite by reference, so that the page holds each shape once."""
    return f'<svg class="ts-icon" width="20" height="20" aria-hidden="true"><use href="#ts-i-{name}"></use></svg>'


def page_url(lang: str, page: Page) -> str:
    """The address of a page."""
    return f"/{lang}/{page.path}"


def _link(lang: str, page: Page, current: Page | None) -> str:
    here = ' aria-current="page"' if page is current else ""
    return (
        f'<a class="ts-nav-item" href="{page_url(lang, page)}" data-page="{page.key}"{here}>'
        f"{icon(page.icon)}<span>{escape(t(lang, f'nav.{page.key}'))}</span></a>"
    )


def _tag(lang: str) -> str:
    """The language as browsers and screen readers know it."""
    return escape(t(lang, "language.html"))


def _language_links(lang: str, current: Page | None) -> str:
    path = current.path if current else ""
    links = [
        f'<a href="/{other}/{path}" hreflang="{_tag(other)}" lang="{_tag(other)}" data-language="{other}"'
        f"{' aria-current=true' if other == lang else ''}>{escape(t(other, 'language.name'))}</a>"
        for other in LANGUAGES
    ]
    return f'<div class="ts-languages" role="group" aria-label="{escape(t(lang, "shell.language"))}">{"".join(links)}</div>'


def _glossary_link(lang: str) -> str:
    """The words that every page uses are explained in one place."""
    return f'<a class="ts-rail-link" href="/{lang}/learn#learn-glossary">{escape(t(lang, "shell.glossary"))}</a>'


def _scheme_switch(lang: str) -> str:
    choices = [
        f'<button type="button" data-scheme="{key}" aria-pressed="false" title="{escape(t(lang, f"shell.scheme.{key}"))}" '
        f'aria-label="{escape(t(lang, f"shell.scheme.{key}"))}">{icon(symbol)}</button>'
        for key, symbol in (("system", "monitor"), ("light", "sun"), ("dark", "moon"))
    ]
    return (
        f'<div class="ts-schemes" role="group" aria-label="{escape(t(lang, "shell.scheme"))}">{"".join(choices)}</div>'
    )


def navigation(lang: str, current: Page | None) -> str:
    """The rail (desktop) that becomes the bottom bar (phone)."""
    links = [_link(lang, page, current) for page in PAGES]
    more = escape(t(lang, "shell.more"))
    opened = " data-current" if current in PAGES[_PHONE_BAR:] else ""
    return f"""<a class="ts-skip" href="#ts-main">{escape(t(lang, "shell.skip"))}</a>
<header class="ts-rail">
<a class="ts-brand" href="/{lang}/" aria-label="{escape(t(lang, "shell.home"))}">{BRAND}<span>Tunesmith</span></a>
<nav aria-label="{escape(t(lang, "shell.navigation"))}">{"".join(links[:_PHONE_BAR])}
<button type="button" class="ts-nav-item ts-more-button" aria-expanded="false" aria-controls="ts-more"{opened}>{icon("more-horizontal")}<span>{more}</span></button>
<div class="ts-more" id="ts-more"><div class="ts-more-links">{"".join(links[_PHONE_BAR:])}</div>
<div class="ts-rail-foot">{_glossary_link(lang)}{_language_links(lang, current)}{_scheme_switch(lang)}</div></div></nav>
</header>"""


def _skeleton(lang: str) -> str:
    return (
        f'<div class="ts-skeleton" role="status"><span class="ts-sr">{escape(t(lang, "shell.loading"))}</span>'
        '<i class="ts-bone title"></i><i class="ts-bone lead"></i><i class="ts-bone block"></i><i class="ts-bone block"></i></div>'
    )


def _sprite() -> str:
    names = {page.icon for page in PAGES} | {"more-horizontal", "monitor", "sun", "moon"}
    symbols = (FOLDER / "sprite.svg").read_text(encoding="utf-8")
    kept = [
        symbol for symbol in re.findall(r"<symbol.*?</symbol>", symbols, re.DOTALL) if _symbol_name(symbol) in names
    ]
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true">{"".join(kept)}</svg>'


def _symbol_name(symbol: str) -> str:
    found = re.match(r'<symbol id="ts-i-([\w-]+)"', symbol)
    return found.group(1) if found else ""


_SPRITE = _sprite()


def title(lang: str, page: Page | None) -> str:
    """The title of the browser's tab."""
    return f"{t(lang, f'nav.{page.key}')} · Tunesmith" if page else "Tunesmith"


@cache
def _head(lang: str, page: Page | None, assets: Assets) -> tuple[str, str]:
    key = page.key if page else None
    first = f"<head><title>{escape(title(lang, page))}</title>{assets.import_map(lang, key)}<script>{_EARLY}</script>"
    icon_link = f'<link rel="icon" type="image/svg+xml" href="{assets.url("favicon.svg")}">'
    theme = '<meta name="color-scheme" content="light dark"><meta name="referrer" content="same-origin">'
    return first, f"{icon_link}{theme}\n{assets.head(lang, key)}\n</head>"


def dress(document: str, lang: str, page: Page, assets: Assets, scheme: str = "") -> str:
    """Gradio's document with our head, navigation and skeleton.

    Args:
        scheme: "light" or "dark" when the reader chose one; otherwise the system decides.

    Raises:
        ShellBroken: when Gradio's document lacks a place that the shell hangs on.
    """
    if missing := [mark for mark in _MARKS if mark not in document]:
        raise ShellBroken(f"no {missing} in Gradio's document")
    first, last = _head(lang, page, assets)
    chosen = f' data-scheme="{scheme}"' if scheme else ""
    document = _FOREIGN.sub("", document)
    document = document.replace('lang="en"', f'lang="{_tag(lang)}" data-language="{lang}"{chosen}', 1)
    document = document.replace("<head>", first, 1).replace("</head>", last, 1)
    document = document.replace('control_page_title="true"', 'control_page_title="false"', 1)
    body = f'{_SPRITE}{navigation(lang, page)}<div class="ts-frame" id="ts-main" tabindex="-1">{_skeleton(lang)}<gradio-app'
    return document.replace("<gradio-app", body, 1).replace("</gradio-app>", "</gradio-app></div>", 1)


def plain_page(lang: str, assets: Assets, heading: str, sentence: str) -> str:
    """A page of ours without Gradio: for errors. It has the navigation, so that nobody is stuck."""
    first, last = _head(lang, None, assets)
    return f"""<!doctype html><html lang="{_tag(lang)}" data-language="{lang}">{first}<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{last}<body>{_SPRITE}{navigation(lang, None)}
<main class="ts-frame" id="ts-main" tabindex="-1"><div class="ts-page"><div class="ts-empty"><h1>{escape(heading)}</h1>
<p>{escape(sentence)}</p><a class="ts-btn primary" href="/{lang}/">{escape(t(lang, "shell.go_home"))}</a></div></div></main></body></html>"""
