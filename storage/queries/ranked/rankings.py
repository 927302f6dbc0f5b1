"""Answers that people rank, and their rankings."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.ranking_tables import RankedPrompt, Ranking

PAGE, PLAYGROUND = "page", "playground"
BAD = "bad"  # verdict: none of the answers was good


def _of(job: int | None, conversation: int | None = None) -> tuple[ColumnElement[bool], ...]:
    """Conditions: not deleted; of one job, or (None) the votes of the playground, or of one conversation there."""
    own = RankedPrompt.source == PLAYGROUND if job is None else RankedPrompt.job_id == job
    one = () if conversation is None else (RankedPrompt.conversation_id == conversation,)
    return RankedPrompt.deleted_at.is_(None), own, *one


def prompts_of(s: Session, job: int | None, conversation: int | None = None) -> list[RankedPrompt]:
    """The prompts of one job in their order, or (None) those of the playground's votes, or of one conversation there."""
    wanted = select(RankedPrompt).where(*_of(job, conversation))
    return list(s.scalars(wanted.order_by(RankedPrompt.place, RankedPrompt.id)))


def get_prompt(s: Session, prompt: int) -> RankedPrompt | None:
    """One of them, unless it was deleted."""
    found = s.get(RankedPrompt, prompt)
    return found if found and found.deleted_at is None else None


def voted(s: Session, conversation: int, turn: int) -> RankedPrompt | None:
    """The newest prompt of a turn of a conversation on which somebody voted: answers may be given anew."""
    own = RankedPrompt.conversation_id == conversation, RankedPrompt.turn == turn
    return s.scalar(select(RankedPrompt).where(*_of(None), *own).order_by(RankedPrompt.id.desc()))


def votes_in(s: Session, conversation: int, rater: str) -> list[tuple[RankedPrompt, Ranking]]:
    """What somebody voted in a conversation; of a turn whose answers were given anew, the newest last."""
    query = select(RankedPrompt, Ranking).join(Ranking, Ranking.prompt_id == RankedPrompt.id)
    own = RankedPrompt.conversation_id == conversation, Ranking.rater == rater
    return [(row[0], row[1]) for row in s.execute(query.where(*_of(None), *own).order_by(RankedPrompt.id))]


def rankings_of(s: Session, job: int | None, conversation: int | None = None) -> list[Ranking]:
    """Every ranking of the prompts of one job, or of the votes (of one conversation), the oldest first."""
    query = select(Ranking).join(RankedPrompt, RankedPrompt.id == Ranking.prompt_id)
    return list(s.scalars(query.where(*_of(job, conversation)).order_by(Ranking.id)))


def ranking_by(s: Session, prompt: int, rater: str) -> Ranking | None:
    """What somebody thinks of the answers to a prompt, where that was said."""
    return s.scalar(select(Ranking).where(Ranking.prompt_id == prompt, Ranking.rater == rater))


def put_ranking(
    s: Session,
    prompt: int,
    rater: str,
    ranks: Sequence[int],
    best: str | None,
    *,
    verdict: str = "",
    blind: bool = False,
) -> Ranking:
    """Store what somebody thinks, in place of what they thought before."""
    found = ranking_by(s, prompt, rater)
    if found is None:
        found = Ranking(prompt_id=prompt, rater=rater)
        s.add(found)
    found.ranks, found.best, found.verdict, found.blind = list(ranks), best, verdict, blind
    s.flush()
    return found


def take_back(s: Session, prompt: RankedPrompt, rater: str) -> bool:
    """Forget what somebody thinks, and the prompt where nobody else thinks anything; whether there was anything."""
    found = ranking_by(s, prompt.id, rater)
    if found is None:
        return False
    s.delete(found)
    s.flush()
    if s.scalar(select(func.count(Ranking.id)).where(Ranking.prompt_id == prompt.id)) == 0:
        s.delete(prompt)
    return True


def counts(s: Session) -> dict[int | None, tuple[int, int]]:
    """By job (None: votes of the playground): prompts, and how many of them somebody has ranked."""
    prompts = select(RankedPrompt.job_id, RankedPrompt.source, func.count(RankedPrompt.id))
    ranked = select(RankedPrompt.job_id, RankedPrompt.source, func.count(func.distinct(Ranking.prompt_id))).join(
        Ranking, Ranking.prompt_id == RankedPrompt.id
    )
    found: list[dict[int | None, int]] = []
    for query in (prompts, ranked):
        rows = s.execute(
            query.where(RankedPrompt.deleted_at.is_(None)).group_by(RankedPrompt.job_id, RankedPrompt.source)
        )
        found.append({None if row[1] == PLAYGROUND else row[0]: row[2] for row in rows})
    return {key: (many, found[1].get(key, 0)) for key, many in found[0].items()}
