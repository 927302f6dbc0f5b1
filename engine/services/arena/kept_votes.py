"""All votes that are stored, as the statistics take them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.evaluation.arena.votes import Vote
from engine.services.chat.blind import shuffled
from engine.services.data.ranking.judging import shown_order
from engine.shapes.chat import SideKind
from storage.queries import tuned_models
from storage.queries.ranked import rankings
from storage.queries.ranked.evidence import blind_of, votes_and_prompts
from storage.ranking_tables import RankedPrompt, Ranking

_EXAMPLES = "shots"
_KINDS: dict[str, SideKind] = {
    "base": "base",
    "model": "base",
    "tuned": "tuned",
    "checkpoint": "tuned",
    "outside": "base",
}


@dataclass(frozen=True)
class ModelLabel:
    """What a model that was voted on is called."""

    name: str  # for people
    kind: SideKind  # as pages colour it


@dataclass(frozen=True, eq=False)
class KeptVotes:
    """Every vote on models that have a hash. Two are the same only where they are one."""

    votes: tuple[Vote, ...]  # in the order in which they were given
    labels: Mapping[str, ModelLabel]  # by hash: the newest
    conversations: Mapping[int, frozenset[str]]  # hashes of the models that were voted on in each
    rankings: tuple[tuple[int, str, Vote], ...]  # id of the prompt's row, the rater and the vote

    def models_in(self, conversation: int | None) -> Set[str]:
        """Hashes of the models that were voted on in a conversation, or (None) anywhere."""
        return self.labels.keys() if conversation is None else self.conversations.get(conversation, frozenset())

    def rankings_on(self, names: Set[str]) -> dict[str, dict[int, Sequence[int]]]:
        """Rater -> prompt -> ranks, of votes on at least two of the models."""
        found: dict[str, dict[int, Sequence[int]]] = {}
        for prompt, rater, vote in self.rankings:
            if len(set(vote.weights) & names) > 1:
                found.setdefault(rater, {})[prompt] = vote.ranks
        return found


def read_votes(ctx: Context) -> KeptVotes:
    """From the database. What was passed over, and answers whose weights are not known, are left out."""
    with ctx.db.read() as s:
        told = [one for one in votes_and_prompts(s) if _usable(*one)]
        blind = blind_of(s, {prompt.conversation_id for prompt, _ in told if prompt.conversation_id is not None})
        labels = _labels(s, [answer for prompt, _ in told for answer in prompt.answers])
    votes = tuple(_vote(prompt, ranking, blind.get(prompt.conversation_id or 0, {})) for prompt, ranking in told)
    talks: dict[int, set[str]] = {}
    for prompt, _ in told:
        talks.setdefault(prompt.conversation_id or 0, set()).update(str(one["weights"]) for one in prompt.answers)
    return KeptVotes(
        votes=votes,
        labels=labels,
        conversations={key: frozenset(names) for key, names in talks.items()},
        rankings=tuple((prompt.id, ranking.rater, vote) for (prompt, ranking), vote in zip(told, votes, strict=True)),
    )


def _usable(prompt: RankedPrompt, ranking: Ranking) -> bool:
    """It ranks answers of at least two models that are known by their weights."""
    weights = [one.get("weights") for one in prompt.answers]
    ranked = len(ranking.ranks) == len(weights) or (ranking.verdict == rankings.BAD and not ranking.ranks)
    return ranked and all(weights) and len(set(weights)) > 1


def _vote(prompt: RankedPrompt, ranking: Ranking, blind: Mapping[str, Any]) -> Vote:
    answers, bad = prompt.answers, ranking.verdict == rankings.BAD
    return Vote(
        prompt_key=prompt_key(prompt.prompt),
        weights=tuple(str(one["weights"]) for one in answers),
        ranks=tuple(int(rank) for rank in ranking.ranks) or (1,) * len(answers),
        lengths=tuple(len(str(one["text"])) for one in answers),
        places=_places(prompt, ranking.rater, blind),
        bad=bad,
        blind=ranking.blind or prompt.source == rankings.PAGE,  # where answers are ranked, names are never shown
        best_alone=not ranking.blind and prompt.source == rankings.PLAYGROUND,  # such a vote asks for the best one
    )


def _places(prompt: RankedPrompt, rater: str, blind: Mapping[str, Any]) -> tuple[int, ...]:
    """Where each answer stood, the first is 0; empty where that is not known."""
    many = len(prompt.answers)
    if prompt.source == rankings.PAGE:
        seen = shown_order(prompt.id, rater, many)
        return tuple(seen.index(place) for place in range(many))
    if not blind:
        return tuple(range(many))
    sides = [str(one.get("side")) for one in prompt.answers]
    order = shuffled(blind, prompt.turn or 0, sides, rater)
    return tuple(order.index(side) for side in sides)


def prompt_key(messages: Sequence[Mapping[str, Any]]) -> str:
    """Names the question: its last words, without regard to spaces and capitals. What was said before may be another way to ask it."""
    last = next((str(one.get("content") or "") for one in reversed(messages) if one.get("role") == "user"), "")
    return hashlib.sha256(" ".join(last.split()).casefold().encode("utf-8", "replace")).hexdigest()


def _labels(s: Session, answers: Sequence[Mapping[str, Any]]) -> dict[str, ModelLabel]:
    """By hash: the newest name."""
    sides = {str(one["weights"]): (str(one.get("side") or ""), str(one.get("label") or "")) for one in answers}
    ids = {int(side[6:]) for side, _ in sides.values() if side.startswith("tuned:") and side[6:].isdigit()}
    shots = {row.id for row in tuned_models.tuned_by_ids(s, ids).values() if row.format == _EXAMPLES}
    return {name: ModelLabel(label or name[:12], _kind(side, shots)) for name, (side, label) in sides.items()}


def _kind(side: str, shots: Set[int]) -> SideKind:
    start, _, number = side.partition(":")
    if start == "tuned" and number.isdigit() and int(number) in shots:
        return "fewshot"
    return cast(SideKind, _KINDS.get(start, "tuned"))
