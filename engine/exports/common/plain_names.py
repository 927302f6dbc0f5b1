"""Names that people gave, as they may stand in a file for others."""

from __future__ import annotations

import re
from typing import Any

_ODD = re.compile(r"[\x00-\x1f|`<>\[\]{}\\]+")
_PATH = re.compile(r"(/|~|\.{1,2}/|[A-Za-z]:[/\\]|\\\\)")
_LONGEST = 120


def plain(text: Any) -> str:
    """The name, so that it is nothing but text in Markdown; of a path of this machine its last part."""
    name = str(text or "")
    if _PATH.match(name):
        name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return " ".join(_ODD.sub(" ", name).split())[:_LONGEST]
