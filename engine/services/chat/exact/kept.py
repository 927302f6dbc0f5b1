"""Answers with what made them, as they lie in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.chat.blind import refuse_hidden
from engine.services.chat.sides import find_conversation
from engine.serving.made_by import unpacked_ids
from storage.queries import conversations


@dataclass(frozen=True)
class KeptAnswer:
    """One answer.

    Attributes:
        side: that gave it.
        content: its text.
        weights_hash: of what answered.
        made_by: as `made_of` gives it; empty for answers of before.
        stats: numbers of it.
        created_at: seconds since 1970.
    """

    side: str
    content: str
    weights_hash: str | None
    made_by: Mapping[str, Any]
    stats: Mapping[str, Any]
    created_at: float

    @property
    def again(self) -> bool:
        """Whether enough was kept to ask for the same."""
        return bool(self.made_by.get("prompt_ids"))

    @property
    def prompt_ids(self) -> tuple[int, ...]:
        """Tokens of the prompt. Raises Fault("exact.not_kept")."""
        return self._ids("prompt_ids")

    @property
    def answer_ids(self) -> tuple[int, ...]:
        """Tokens of the answer, without the one that ended it. Raises Fault("exact.not_kept")."""
        return self._ids("answer_ids")

    @property
    def ended_ids(self) -> tuple[int, ...]:
        """Tokens of the answer, with the one that ended it. Raises Fault("exact.not_kept")."""
        end = self.made_by.get("end_id")
        return self.answer_ids if end is None else (*self.answer_ids, int(end))

    def _ids(self, name: str) -> tuple[int, ...]:
        if not self.made_by.get(name):
            raise Fault("exact.not_kept")
        return unpacked_ids(self.made_by[name])


def kept_answer(ctx: Context, conversation_id: int, turn: int, side: str) -> KeptAnswer:
    """One side's answer of a turn. Raises NotFound."""
    found = {one.side: one for one in kept_answers(ctx, conversation_id, turn)}
    if side not in found:
        raise NotFound(side=side[:40])
    return found[side]


def kept_answers(ctx: Context, conversation_id: int, turn: int) -> list[KeptAnswer]:
    """All finished answers of a turn.

    Raises:
        NotFound: there is no such conversation.
        Fault: "chat.blind" where nobody may know yet who gave them.
    """
    with ctx.db.read() as s:
        refuse_hidden(find_conversation(s, conversation_id), turn)
        return [
            KeptAnswer(row.side, row.content, row.weights_hash, row.made_by, row.stats, row.created_at)
            for row in conversations.answers_with_makers(s, conversation_id, turn)
            if row.status != conversations.STREAMING
        ]
