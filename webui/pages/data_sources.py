"""The Data page: bring more than one file: pasted text, a typed table, a data set from a hub, progress of a long import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    return []
