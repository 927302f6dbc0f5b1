"""The Data page: take a version away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    return []
