"""What several pages ask of reward models: scores beside answers and of any text, the best of several, a judge, a look at a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.shapes import NameOfId
from engine.services.data import datasets
from engine.services.scoring import asking, best_of, conversation, spread
from engine.services.scoring import judging as verdicts
from engine.services.scoring.shapes import (
    AnswerScore,
    BestOfView,
    JudgeView,
    ScoreOf,
    ScorerView,
    ScoreSpread,
    WantedDraw,
)
from webui.site import Site

Function = Callable[..., Any]
_SCORED = ("preference", "ranking", "kto", "chat")  # kinds of data with answers


def scoring_in_talk(site: Site) -> tuple[Function, ...]:
    """For the Playground."""

    def scorers() -> list[ScorerView]:
        return asking.scorers(site.ctx)

    def score_conversation(conversation_id: int, scorer_id: int) -> list[AnswerScore]:
        return conversation.score_conversation(site.ctx, site.chat, int(conversation_id), int(scorer_id))

    def score_text(scorer_id: int, question: str, answer: str) -> ScoreOf:
        return conversation.score_text(site.ctx, site.chat, int(scorer_id), str(question), str(answer))

    def best_of_start(wanted: WantedDraw) -> str:
        return best_of.start_best_of(site.ctx, site.chat, wanted)

    def best_of_view(key: str) -> BestOfView:
        return best_of.best_of_view(str(key))

    return scorers, score_conversation, score_text, best_of_start, best_of_view


def scoring_of_data(site: Site) -> tuple[Function, ...]:
    """For a reward model's own page."""

    def score_sets() -> list[NameOfId]:
        """Data sets with answers, the newest first."""
        return [
            {"id": one["id"], "name": one["name"]}
            for one in datasets.list_datasets(site.ctx)
            if one["kind"] in _SCORED and one["status"] == "ready"
        ]

    def score_spread(dataset_id: int, scorer_id: int) -> ScoreSpread:
        return spread.score_spread(site.ctx, site.chat, int(dataset_id), int(scorer_id))

    return score_sets, score_spread


def judging(site: Site) -> tuple[Function, ...]:
    """For a comparison."""

    def judges() -> list[ScorerView]:
        return asking.scorers(site.ctx)

    def judge_entrant(comparison_id: int, entrant: str, scorer_id: int) -> JudgeView:
        return verdicts.judge_entrant(site.ctx, site.chat, int(comparison_id), str(entrant), int(scorer_id))

    return judges, judge_entrant
