"""The lists that tell a conversation: each layout is one value that says how it is known and how its elements become turns.

A turn is {"role": ..., "content": ...} with whatever else its element holds; roles and words are checked afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.data.schema.layouts.parts import without_blocks
from engine.data.schema.layouts.roles import role_name, role_of, roles_by_partner

Turn = dict[str, Any]
TURN_KEYS = {"messages": ("role", "content"), "sharegpt": ("from", "value")}  # of the shapes that are lists of turns
_ROLE_KEYS = ("role", "from", "speaker", "author", "sender", "角色", "说话人")
_TEXT_KEYS = ("content", "value", "text", "message", "parts", "utterance", "内容", "文本")
_PAIRS = (
    ("input", "output"), ("question", "answer"), ("prompt", "completion"), ("prompt", "response"), ("query", "response"),
    ("instruction", "output"), ("instruction", "response"), ("user", "assistant"), ("human", "assistant"), ("human", "gpt"),
    ("human", "ai"), ("user", "bot"), ("human", "bot"), ("user", "ai"), ("q", "a"), ("问题", "答案"), ("问题", "回答"),
)  # fmt: skip
_MARKS = {"output_with_loss": "loss"}  # members of a pair that mean something of its answer


@dataclass(frozen=True)
class TurnLayout:
    """One way to write the turns of a conversation.

    Attributes:
        key: its name.
        is_one: whether an element is of this layout.
        turns: the turns of an element; `place` counts elements from 0.
        by_name: whether lists of it may mean anything else, so that they count only in a column that is named for conversations.
    """

    key: str
    is_one: Callable[[Any], bool]
    turns: Callable[[Any, int], list[Turn]]
    by_name: bool = False


def _keyed(turn: Any) -> tuple[str, str] | None:
    """The members that hold the role and the words of a turn."""
    if not isinstance(turn, dict):
        return None
    role = next((key for key in _ROLE_KEYS if isinstance(turn.get(key), str)), None)
    text = next((key for key in _TEXT_KEYS if turn.get(key) is not None), None)
    text = text or next((key for key in _TEXT_KEYS if key in turn), None)
    return None if role is None or text is None else (role, text)


def _is_spoken(turn: Any) -> bool:
    keys = _keyed(turn)
    if keys is None:
        return isinstance(turn, dict) and isinstance(turn.get("parts"), list)
    return keys in TURN_KEYS.values() or _is_role(turn[keys[0]])


def _is_role(said: Any) -> bool:
    name = role_name(said)
    return role_of(name) is not None or bool(roles_by_partner((name, "user")) or roles_by_partner((name, "assistant")))


def _spoken(turn: Any, _place: int) -> list[Turn]:
    if isinstance(turn, dict) and "role" not in turn and isinstance(turn.get("parts"), list):
        turn = {"role": "user", **turn}  # so may the first turn of Gemini be
    keys = _keyed(turn)
    if keys is None:
        return [turn]
    role, text = keys
    others = {key: value for key, value in turn.items() if key not in (role, text, "role", "content")}
    if turn[text] is None and isinstance(turn.get("refusal"), str):
        text = "refusal"  # what the assistant said instead
    return without_blocks({"role": turn[role], "content": turn[text], **others})


def _single(turn: Any) -> tuple[str, Any] | None:
    """{"user": "Hi"} as its role and its words; a member that says nothing does not count (typed columns have all of them)."""
    filled = [(key, value) for key, value in turn.items() if value is not None] if isinstance(turn, dict) else []
    return filled[0] if len(filled) == 1 and _is_role(filled[0][0]) else None


def _singles(turn: Any, _place: int) -> list[Turn]:
    found = _single(turn)
    return [turn] if found is None else [{"role": found[0], "content": found[1]}]


def _is_listed(turn: Any) -> bool:
    return isinstance(turn, list) and len(turn) == 2 and _is_role(turn[0]) and isinstance(turn[1], str)


def _listed(turn: Any, _place: int) -> list[Turn]:
    if not isinstance(turn, list) or len(turn) != 2:
        return [turn]
    return [{"role": turn[0], "content": turn[1]}]


def _names(turn: Any) -> tuple[str, str] | None:
    if not isinstance(turn, dict):
        return None
    return next((pair for pair in _PAIRS if pair[0] in turn and pair[1] in turn), None)


def _both(turn: Any, _place: int) -> list[Turn]:
    names = _names(turn)
    if names is None:
        return [turn]
    system = turn.get("system")
    before = [{"role": "system", "content": system}] if system not in (None, "") else []
    others = {_MARKS.get(key, key): value for key, value in turn.items() if key not in (*names, "system")}
    asked, said = turn[names[0]], turn[names[1]]
    return [*before, {"role": "user", "content": asked}, {**others, "role": "assistant", "content": said}]


def _is_pair(turn: Any) -> bool:
    return isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) for text in turn)


def _pair(turn: Any, _place: int) -> list[Turn]:
    if not _is_pair(turn):
        return [turn]
    return [{"role": "user", "content": turn[0]}, {"role": "assistant", "content": turn[1]}]


def _alternating(turn: Any, place: int) -> list[Turn]:
    return [{"role": "assistant" if place % 2 else "user", "content": turn}]


LAYOUTS = (
    TurnLayout("spoken", _is_spoken, _spoken),
    TurnLayout("pairs", lambda turn: _names(turn) is not None, _both, by_name=True),
    TurnLayout("singles", lambda turn: _single(turn) is not None, _singles),
    TurnLayout("listed", _is_listed, _listed),
    TurnLayout("listed_pairs", _is_pair, _pair, by_name=True),
    TurnLayout("alternating", lambda turn: isinstance(turn, str), _alternating, by_name=True),
)
BARE = "messages"  # the column of records that are lists of turns
_LOOK = 8  # elements by which a list is told


def layout_of(turns: Any) -> TurnLayout | None:
    """The layout that most of the first elements of a list have, the first of equals; None for what is no conversation."""
    if not isinstance(turns, list) or not turns:
        return None
    looked = turns[:_LOOK]
    found, best = None, 0
    for layout in LAYOUTS:
        count = sum(layout.is_one(turn) for turn in looked)
        if count > best:
            found, best = layout, count
        if best == len(looked):
            break
    if found is None or best * 2 <= len(looked):
        return None
    return None if found.key == "alternating" and len(turns) < 2 else found


def from_columns(value: Any) -> Any:
    """{"role": [...], "content": [...]}, as tables keep sequences of turns, as the list of turns; any other value as it is."""
    if not isinstance(value, dict) or not all(isinstance(one, list) for one in value.values()):
        return value
    first = {key: one[0] for key, one in value.items() if one}
    if _keyed(first) is None or len({len(one) for one in value.values()}) != 1:
        return value
    return [dict(zip(value, members, strict=True)) for members in zip(*value.values(), strict=True)]


def is_bare_conversation(value: Any) -> bool:
    """Whether a record that is a list is a conversation by itself, whatever it is called."""
    if not isinstance(value, list):
        return False
    layout = layout_of(value)
    return layout is not None and not layout.by_name


def usual_turns(turns: list[Any]) -> list[Any]:
    """The turns of a list in whatever layout as {"role", "content", ...}; what is none of them stays, to be refused by its place."""
    layout = layout_of(turns)
    if layout is None:
        return turns
    made = [one for place, turn in enumerate(turns) for one in layout.turns(turn, place)]
    said = {role_name(turn.get("role")) for turn in made if isinstance(turn, dict)}
    if partners := roles_by_partner(said):
        made = [_with_role(turn, partners) for turn in made]
    return made


def _with_role(turn: Any, partners: dict[str, str]) -> Any:
    role = partners.get(role_name(turn.get("role"))) if isinstance(turn, dict) else None
    return turn if role is None else {**turn, "role": role}
