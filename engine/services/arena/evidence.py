"""What the votes of the playground and the rankings of drawn answers prove: by the weights that answered, over all conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import cast

from engine.core.cells import disarmed, row_text
from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.shapes import CodedMessage
from engine.evaluation.arena.biases import Lean, adjusted_for_length, bad_share, left_wins, longer_wins
from engine.evaluation.arena.sequence import interval, intervals_of
from engine.evaluation.arena.strengths import strengths
from engine.evaluation.arena.verdict import VoteVerdict, pairs_that_met, verdict_of
from engine.evaluation.arena.votes import Duel, Vote, duel
from engine.services.arena.kept_votes import KeptVotes, read_votes
from engine.services.chat.sides import answer_hash
from engine.services.data.ranking.agreement import agreements
from engine.shapes.talk.evidence import (
    AdjustedView,
    DuelLook,
    DuelView,
    EvidenceView,
    LeanView,
    RankedModel,
    VotedModel,
    VotesAgainstBase,
)
from storage.queries import tuned_models
from storage.queries.ranked.evidence import stamp_of_votes
from storage.tables import LanguageModel

_LOOKS = 60  # of a duel, at most
_HASH_SHOWN = 6
_MOST_MODELS = 12  # that are compared at once: those with most votes


_read: dict[str, tuple[tuple[int, int, float], KeptVotes]] = {}  # by home: what was read last, and when that was so


def evidence(ctx: Context, conversation: int | None = None) -> EvidenceView:
    """What all votes say of the models that were voted on in a conversation, or (None) of all models.

    It is counted once for each state of the votes, however often it is asked for.
    """
    return _evidence(_votes(ctx), conversation)


def _votes(ctx: Context) -> KeptVotes:
    with ctx.db.read() as s:
        stamp = stamp_of_votes(s)
    home = str(ctx.settings.home)
    if (known := _read.get(home)) is None or known[0] != stamp:
        known = _read[home] = (stamp, read_votes(ctx))
    return known[1]


@lru_cache(maxsize=8)
def _evidence(kept: KeptVotes, conversation: int | None) -> EvidenceView:
    names = _most_voted(kept, conversation)
    voted = _voted(kept, names)
    told = [vote for vote in kept.votes if len(set(vote.weights) & set(names)) > 1]
    blind, seen = ([vote for vote in told if vote.blind == hidden] for hidden in (True, False))
    verdict = verdict_of(names, blind)
    first = [(verdict.one, verdict.other)] if verdict.duel else []
    pairs = [*first, *(pair for pair in pairs_that_met(names, blind) if not first or set(pair) != set(first[0]))]
    return {
        "sentence": sentence_of(verdict, {name: one["name"] for name, one in voted.items()}),
        "voted": voted,
        "models": [cast(RankedModel, {**asdict(one), **voted[one.weights]}) for one in strengths(names, blind)],
        "duels": [_duel_view(blind, *pair) for pair in pairs],
        "looks": _looks(duel(blind, *first[0], states=_LOOKS)) if first else [],
        "open": [_duel_view(seen, *pair) for pair in pairs_that_met(names, seen)],
        "blind_votes": len(blind),
        "open_votes": len(seen),
        "prompts": len({vote.prompt_key for vote in blind}),
        "bad": bad_share(blind),
        "longer": _lean(longer_wins(blind)),
        "left": _lean(left_wins(blind)),
        "adjusted": _adjusted(blind, *first[0]) if first else None,
        "agreements": agreements(kept.rankings_on(set(names))),
    }


def _most_voted(kept: KeptVotes, conversation: int | None) -> list[str]:
    """The models that are asked about, those with most votes first."""
    counts: dict[str, int] = {}
    wanted = kept.models_in(conversation)
    for vote in kept.votes:
        for name in set(vote.weights) & wanted:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_MODELS]


def _voted(kept: KeptVotes, names: Sequence[str]) -> dict[str, VotedModel]:
    """What people call them; of the same name, with the beginning of the hash."""
    found = {name: kept.labels[name] for name in names}
    plain = [one.name for one in found.values()]
    return {
        name: {
            "name": one.name if plain.count(one.name) == 1 else f"{one.name} ({name[:_HASH_SHOWN]})",
            "kind": one.kind,
        }
        for name, one in found.items()
    }


def sentence_of(verdict: VoteVerdict, called: dict[str, str]) -> CodedMessage:
    """The verdict as a sentence with its numbers.

    Args:
        called: names by hash.
    """
    params: dict[str, object] = {
        "more": verdict.more,
        "models": verdict.models,
        "low": verdict.low,
        "high": verdict.high,
    }
    if found := verdict.duel:
        params |= {"name": called[verdict.one], "other": called[verdict.other]}
        params |= {"wins": found.wins, "losses": found.losses, "ties": found.ties, "votes": found.votes}
    return {"code": f"votes.{verdict.code}", "params": params}


def _duel_view(votes: Sequence[Vote], one: str, other: str) -> DuelView:
    found = duel(votes, one, other)
    low, high = interval(found.values)
    return {
        "one": one, "other": other, "wins": found.wins, "losses": found.losses, "ties": found.ties, "prompts": len(found.values),
        "share": found.share, "low": low, "high": high,
    }  # fmt: skip


def _looks(found: Duel) -> list[DuelLook]:
    ends = intervals_of(found.states)
    return [
        {"votes": votes, "share": sum(values) / len(values), "low": low, "high": high}
        for votes, values, (low, high) in zip(found.after, found.states, ends, strict=True)
    ]


def _lean(found: Lean | None) -> LeanView | None:
    return cast(LeanView, {**asdict(found), "sure": found.sure}) if found else None


def _adjusted(votes: Sequence[Vote], one: str, other: str) -> AdjustedView | None:
    found = adjusted_for_length(votes, one, other)
    return cast(AdjustedView, asdict(found)) if found else None


def against_base(ctx: Context, tuned: int) -> VotesAgainstBase | None:
    """What blind votes say of a tuned model against its base; None where there are none. Raises NotFound."""
    with ctx.db.read() as s:
        row = tuned_models.get_tuned(s, tuned)
        if row is None:
            raise NotFound(tuned=tuned)
        base = s.get_one(LanguageModel, row.base_model_id)
        names = answer_hash(base, row), answer_hash(base, None)
    kept = _votes(ctx)
    found = duel([vote for vote in kept.votes if vote.blind], *names)
    if not found.votes:
        return None
    low, high = interval(found.values)
    return {"wins": found.wins, "ties": found.ties, "votes": found.votes, "low": low, "high": high}


def evidence_csv(ctx: Context, conversation: int | None = None) -> str:
    """Every two models that met: blind votes first, then open ones, which count as no proof."""
    found = evidence(ctx, conversation)
    head = [
        "model",
        "against",
        "votes",
        "blind",
        "wins",
        "losses",
        "ties",
        "prompts",
        "win_rate",
        "low",
        "high",
        "weights",
        "against_weights",
    ]
    lines = [row_text(head, ",")]
    for blind, duels in ((True, found["duels"]), (False, found["open"])):
        for one in duels:
            counts = [one["wins"], one["losses"], one["ties"]]
            names = [found["voted"][one[side]]["name"] for side in ("one", "other")]  # type: ignore[literal-required]
            rates = [f"{one[key]:.4f}" for key in ("share", "low", "high")]  # type: ignore[literal-required]
            cells = [
                *names,
                sum(counts),
                "yes" if blind else "no",
                *counts,
                one["prompts"],
                *rates,
                one["one"],
                one["other"],
            ]
            lines.append(row_text([disarmed(str(cell)) for cell in cells], ","))
    return "\r\n".join([*lines, ""])
