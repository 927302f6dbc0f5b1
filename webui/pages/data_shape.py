"""The Data page: operations that give a data set its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    return []
