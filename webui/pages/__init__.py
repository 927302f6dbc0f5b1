"""The pages, in the order of the navigation: one explicit tuple. A new page is a module with `build` and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webui.pages import compare, home, jobs, learn, models, playground, settings, train
from webui.pages.data import page as data
from webui.site import Site


@dataclass(frozen=True)
class Page:
    """One page: its key (texts `nav.<key>`), its path below /<language>/, its icon and what draws it."""

    key: str  # name in texts
    path: str  # "" for the first page
    icon: str  # name of a Lucide icon
    build: Callable[[Site, str], None]  # (site, language): draws it into the Gradio blocks at hand


PAGES = (
    Page("home", "", "home", home.build),
    Page("data", "data", "database", data.build),
    Page("train", "train", "wand-sparkles", train.build),
    Page("jobs", "jobs", "list-checks", jobs.build),
    Page("playground", "playground", "messages-square", playground.build),
    Page("models", "models", "box", models.build),
    Page("compare", "compare", "gauge", compare.build),
    Page("learn", "learn", "book-open", learn.build),
    Page("settings", "settings", "settings", settings.build),
)
