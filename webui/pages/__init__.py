"""The pages, in the order of the navigation: one explicit tuple. A new page is a module with `build` and one line here."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from webui.site import Site

Build = Callable[[Site, str], None]


@dataclass(frozen=True)
class Page:
    """One page: its key (texts `nav.<key>`), its path below /<language>/, its icon and what draws it."""

    key: str
    path: str
    icon: str
    build: Build


def _build(key: str) -> Build:
    def build(site: Site, lang: str) -> None:
        try:
            module = importlib.import_module(f"webui.pages.{key}")
        except ImportError as error:
            logging.getLogger("tunesmith.web").warning("page %s: %s", key, error)
            return
        module.build(site, lang)

    return build


PAGES = (
    Page("home", "", "home", _build("home")),
    Page("data", "data", "database", _build("data")),
    Page("train", "train", "wand-sparkles", _build("train")),
    Page("jobs", "jobs", "list-checks", _build("jobs")),
    Page("playground", "playground", "messages-square", _build("playground")),
    Page("models", "models", "box", _build("models")),
    Page("settings", "settings", "settings", _build("settings")),
)
