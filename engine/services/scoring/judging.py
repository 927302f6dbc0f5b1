"""The reward model as a judge: which answers of a job's held-out questions it prefers, the base's or the tuned model's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.scored_answers import answers_path, read_answers
from engine.evaluation.score_statistics import wins_of
from engine.services.comparisons.views import comparison_answers
from engine.services.data.slow_work import kept_file, made
from engine.services.scoring.asking import AskedScorer
from engine.services.scoring.shapes import JudgeView

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

_SLICE = 16  # questions between two looks at the clock
_Judged = tuple[Mapping[str, Any], float, float]  # a row, the score of the tuned model's answer, that of the base's


def judge_job(ctx: Context, chat: Chat, job_id: int, scorer_id: int) -> JudgeView:
    """Who wins on the questions that the job answered, or {"working": share done}: then ask again.

    Raises:
        NotFound: there is no such reward model.
        Fault: "reward.no_answers" where the job kept no answers of both; and why nothing can be scored.
    """
    return _judged(ctx, chat, read_answers(answers_path(ctx.settings.home, job_id)), scorer_id)


def judge_entrant(ctx: Context, chat: Chat, comparison_id: int, entrant: str, scorer_id: int) -> JudgeView:
    """The same of one entrant of a comparison. Raises as `judge_job`, and NotFound for no such comparison."""
    asked = comparison_answers(ctx, comparison_id)
    answers = [{**one, "answer": one["answers"][entrant]} for one in asked if entrant in one["answers"]]
    return _judged(ctx, chat, answers, scorer_id)


def _judged(ctx: Context, chat: Chat, answers: Sequence[Mapping[str, Any]], scorer_id: int) -> JudgeView:
    rows = [one for one in answers if one.get("base") is not None]
    if not rows:
        raise Fault("reward.no_answers")
    scorer = AskedScorer(ctx, chat, scorer_id)
    said = json.dumps([[one["question"], one["base"], one["answer"]] for one in rows])
    digest = hashlib.sha256(said.encode()).hexdigest()[:24]
    name = f"judged-{digest}-{scorer.tuned.id}-{scorer.tuned.weights_hash[:16]}"

    def steps(found: dict[str, Any]) -> Iterator[float]:
        pairs: list[_Judged] = []
        for start in range(0, len(rows), _SLICE):
            pairs += _scored(scorer, rows[start : start + _SLICE])
            yield min(1.0, (start + _SLICE) / len(rows))
        found |= _verdict(pairs)

    return cast(JudgeView, made(kept_file(ctx, name), steps))


def _scored(scorer: AskedScorer, rows: Sequence[Mapping[str, Any]]) -> Iterator[_Judged]:
    """Rows of which both answers have a score, with that of the tuned model and of the base."""
    asked = [[{"role": "user", "content": row["question"]}] for row in rows]
    tuned = scorer.score([(question, row["answer"]) for question, row in zip(asked, rows, strict=True)])
    base = scorer.score([(question, row["base"]) for question, row in zip(asked, rows, strict=True)])
    for row, one, other in zip(rows, tuned, base, strict=True):
        if one["score"] is not None and other["score"] is not None:
            yield row, one["score"], other["score"]


def _verdict(pairs: Sequence[_Judged]) -> dict[str, Any]:
    tuned, base = [one for _, one, _ in pairs], [other for _, _, other in pairs]
    won = wins_of(tuned, base)
    if won is None:
        raise Fault("reward.no_answers")
    unequal = [(len(row["answer"]) - len(row["base"]), one - other) for row, one, other in pairs]
    apart = [longer * lead > 0 for longer, lead in unequal if longer]
    return {
        **won,
        "base_mean": fmean(base),
        "tuned_mean": fmean(tuned),
        "longer": fmean(apart) if apart else None,
    }
