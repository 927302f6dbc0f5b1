"""The size of a piece of an update, where one is made piece by piece: the engine cuts by it, the plan counts with it."""

from __future__ import annotations

PIECE = 1 << 24  # numbers
COPIES_BYTES = 16  # for each of them: weights and gradient in fp32, chance, and what is rounded
