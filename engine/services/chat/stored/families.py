"""Families of conversations that branched off each other: the versions of a turn, and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from engine.shapes.playground.branches import TurnVersions
from storage.queries.talks import branches
from storage.queries.talks.branches import Relative

_BRIEF_CHARACTERS = 60


def versions(s: Session, conversation_id: int) -> list[TurnVersions]:
    """The turns of a conversation that its family has several versions of; none of one that is not there."""
    family = {one.id: one for one in branches.family_of(s, conversation_id)}
    if (own := family.get(conversation_id)) is None:
        return []
    turns = sorted({one.parent_turn for one in family.values()} & set(range(1, own.last_turn + 1)))
    return [found for turn in turns if (found := _versions_of(family, own, turn))]


def _versions_of(family: Mapping[int, Relative], own: Relative, turn: int) -> TurnVersions | None:
    """The versions of one turn: those of all conversations that have the turns before it in common."""
    before, mine = _maker(family, own, turn - 1), _maker(family, own, turn)
    shown: dict[int, Relative] = {}
    for one in sorted(family.values(), key=lambda one: (one.updated_at, one.id)):
        if one.here and one.last_turn >= turn and _maker(family, one, turn - 1) == before:
            shown[_maker(family, one, turn)] = one
    shown[mine] = own
    makers = sorted(shown)
    if len(makers) < 2:
        return None
    return {"turn": turn, "place": makers.index(mine), "conversations": [shown[one].id for one in makers]}


def _maker(family: Mapping[int, Relative], one: Relative, turn: int) -> int:
    """The conversation in which this one's turn was made: itself, or one that it has it from."""
    while one.parent_turn > turn and (parent := family.get(one.parent_id or 0)):
        one = parent
    return one.id


def brief_text(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _BRIEF_CHARACTERS else line[: _BRIEF_CHARACTERS - 1].rstrip() + "…"


def under_roots(s: Session, ids: Sequence[int]) -> dict[int, int]:
    """The conversations in their order, each family in one go where its newest stands, its root first; with their roots."""
    roots = branches.roots_of(s, ids)
    order = {root: place for place, root in reversed(list(enumerate(roots[one] for one in ids)))}
    return {one: roots[one] for one in sorted(ids, key=lambda one: (order[roots[one]], one))}
