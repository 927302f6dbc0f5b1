"""How the examples of one optimizer step are worked through in small groups: the trainer does it so, the planner counts it so."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TypeVar

Item = TypeVar("Item", bound=Sized)


def packed_groups(examples: Sequence[Item], budget: int) -> list[list[Item]]:
    """Groups of at most `budget` tokens (or one longer example): each goes to the fullest group that still has room."""
    groups: list[tuple[int, list[Item]]] = []
    for example in sorted(examples, key=len, reverse=True):
        fitting = [i for i, (tokens, _) in enumerate(groups) if tokens + len(example) <= budget]
        if fitting:
            best = max(fitting, key=lambda i: groups[i][0])
            tokens, members = groups[best]
            groups[best] = (tokens + len(example), [*members, example])
        else:
            groups.append((len(example), [example]))
    return [members for _, members in groups]


def padded_groups(examples: Sequence[Item], budget: int, front: int = 0) -> list[list[Item]]:
    """Groups of like lengths whose padded size is at most `budget` tokens (or one longer example).

    Args:
        front: tokens that the method puts before each example.
    """
    groups: list[list[Item]] = []
    for example in sorted(examples, key=len):
        if groups and (len(groups[-1]) + 1) * (len(example) + front) <= budget:
            groups[-1].append(example)
        else:
            groups.append([example])
    return groups
