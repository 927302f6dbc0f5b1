"""Wordings in English and Chinese, kept as data apart from the code."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "phrases"


@cache
def phrases(name: str) -> Any:
    """The contents of one file: "openings", "questions", "frames", "tasks", "sound_alike" or "rewrite"."""
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
