"""What an export job made, as its result says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def files_of(result: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What an export job says of each form that it made; results of earlier versions are of one."""
    if not result:
        return []
    if "files" in result:
        return list(result["files"])
    return [{"error": None, **result}] if "path" in result else []
