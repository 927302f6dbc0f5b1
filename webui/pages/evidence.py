"""What votes prove, as the Playground and the page of a tuned model ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.arena import evidence
from engine.shapes.talk.evidence import EvidenceView, VotesAgainstBase
from webui.site import Site

Function = Callable[..., Any]
VOTES_SECONDS = 60.0  # they lie in the database alone


def evidence_in_talk(site: Site) -> tuple[tuple[Function, ...], Function]:
    """For the Playground: what is asked for once, and what is asked again and again."""
    ctx = site.ctx

    def arena_results(conversation_id: int | None) -> EvidenceView:
        """Of the models that were voted on in a conversation, or (None) of all."""
        return evidence.evidence(ctx, conversation_id)

    def arena_csv(conversation_id: int | None) -> str:
        return evidence.evidence_csv(ctx, conversation_id)

    return (arena_csv,), arena_results


def evidence_of_model(site: Site) -> tuple[Function, ...]:
    """For the page of a tuned model."""

    def model_votes(model_id: int) -> VotesAgainstBase | None:
        return evidence.against_base(site.ctx, model_id)

    return (model_votes,)
