"""All votes and rankings at once, as proof of who answers better."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.ranking_tables import RankedPrompt, Ranking
from storage.tables import Conversation


def votes_and_prompts(s: Session) -> list[tuple[RankedPrompt, Ranking]]:
    """Every ranking with its prompt, of the playground and of drawn answers, in the order in which they were given first."""
    query = select(RankedPrompt, Ranking).join(Ranking, Ranking.prompt_id == RankedPrompt.id)
    return [(row[0], row[1]) for row in s.execute(query.where(RankedPrompt.deleted_at.is_(None)).order_by(Ranking.id))]


def stamp_of_votes(s: Session) -> tuple[int, int, float]:
    """Changes whenever a ranking is added, changed or hidden."""
    query = select(func.count(Ranking.id), func.max(Ranking.id), func.max(Ranking.updated_at))
    kept = query.join(RankedPrompt, RankedPrompt.id == Ranking.prompt_id).where(RankedPrompt.deleted_at.is_(None))
    count, newest, changed = s.execute(kept).one()
    return count, newest or 0, changed or 0.0


def blind_of(s: Session, conversations: Iterable[int]) -> dict[int, dict[str, object]]:
    """How names were hidden in conversations, deleted ones too."""
    wanted = list(conversations)
    return {
        row[0]: row[1]
        for row in s.execute(select(Conversation.id, Conversation.blind).where(Conversation.id.in_(wanted)))
    }
