"""How many requests a key of the API may make in a minute."""

from __future__ import annotations

USUAL_PER_MINUTE, MOST_PER_MINUTE = 60, 10_000
