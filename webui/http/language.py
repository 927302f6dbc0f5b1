"""Which language a request wants: the address says it, else the cookie, else the browser."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from engine.core.text import FALLBACK, LANGUAGES, language_named

COOKIE = "ts_lang"


def language_of(headers: Headers, path: str = "/") -> str:
    """The language of a request: a folder's name in `engine/texts`."""
    first = path.split("/", 2)[1] if "/" in path else ""
    if first in LANGUAGES:
        return first
    found = re.search(rf"(?:^|;\s*){COOKIE}=([\w-]+)", headers.get("cookie", ""))
    if found and found.group(1) in LANGUAGES:
        return found.group(1)
    return _accepted(headers.get("accept-language", ""))


def _accepted(header: str) -> str:
    weighted = []
    for part in header.split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((float(quality or 1), name))
        except ValueError:
            continue
    ranked = sorted(weighted, key=lambda pair: -pair[0])
    return next((found for _, name in ranked if (found := language_named(name))), FALLBACK)
