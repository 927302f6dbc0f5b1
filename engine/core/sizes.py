"""Amounts of memory as people read them: one unit everywhere, so that a need and a limit can be compared at a glance."""

from __future__ import annotations

_MB_A_GB = 1000
_LEAST_GB = 0.005  # what two digits can still show


def memory_size(mb: float) -> str:
    """An amount of memory in MB as "1.15 GB", whatever its size; `kit/format.js` says it to pages in the same way."""
    gb = mb / _MB_A_GB
    return "< 0.01 GB" if 0 < gb < _LEAST_GB else f"{gb:.2f} GB"
