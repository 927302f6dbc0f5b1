"""Columns beside which a text is none by itself: who says it, what it answers, what it is called."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.schema.declared import SHAPES, plain_name, shape_of

SPEAKING = ("role", "from", "speaker", "sender", "author_role", "角色", "说话人", "发言人", "发送者")
_ROLES = ("question", "answer", "turns", "label", "reasoning")
_OWN = frozenset(shape_of("text").fields[0].names)
_NAMES = frozenset(
    (
        *SPEAKING,
        *(
            name
            for shape in SHAPES
            for field in shape.fields
            if field.part in _ROLES
            for name in (*field.names, *field.spare)
        ),
    )
)


def beside_text(columns: Sequence[str]) -> list[str]:
    """The columns that plain text would lose although they belong to it, by their whole names."""
    return [column for column in columns if plain_name(column) in _NAMES - _OWN]
