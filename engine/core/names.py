"""Names that people tell things by: one that is taken gets a number."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count

LONGEST_NAME = 120  # characters
_NUMBERED = re.compile(r"(?P<stem>.+) \d{1,3}")


def free_name(name: str, taken: Container[str]) -> str:
    """The name, or where it is taken the first of "name 2", "name 3" ... that is not."""
    if name not in taken:
        return name
    numbered = _NUMBERED.fullmatch(name)
    stem = numbered["stem"] if numbered and numbered["stem"] in taken else name
    endings = (f" {number}" for number in count(2))
    tried = (stem[: LONGEST_NAME - len(ending)].rstrip() + ending for ending in endings)
    return next(one for one in tried if one not in taken)
