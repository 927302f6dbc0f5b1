"""Which Tunesmith this is."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

ENGINE_VERSION = "0.1.0"  # as in pyproject.toml


def libraries(names: Sequence[str]) -> dict[str, str]:
    """Versions of those of these libraries that are installed, without importing them."""
    found = {name: _version(name) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
