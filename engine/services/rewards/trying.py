"""Scores before a start: of the rows' expected answers, of the model's own answers, and of answers that somebody types."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.data.rows.row import Row
from engine.data.rows.store import read_rows
from engine.objectives.online.prompts import asked_of
from engine.rewards import read_rewards
from engine.rewards.declaration import Answered, RewardEnv, Talk
from engine.rewards.reading.expected import expected_of
from engine.rewards.total import ChosenReward, Scored, open_rewards, weighted
from engine.services.chat.question_lists import LONGEST_QUESTION, list_view, read_answers, start_list
from engine.services.data.versions.version_files import version_file
from engine.services.jobs.usable_rewards import unusable_rewards
from engine.services.rewards.apart import scored_apart
from engine.services.rewards.shapes import (
    RewardSampling,
    RewardTrial,
    RewardTrialView,
    TriedAnswer,
    TriedPart,
)
from engine.services.scoring.asking import AskedScorer
from storage.job_tables import FINAL

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

ROWS = 8  # of the data set that are tried
_MOST_TYPED = 20
_LONGEST = 200_000  # characters of a typed answer
_SHOWN = 600  # characters
_SAMPLING = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 128, "seed": 1}
_ALIKE = 1e-6
Origin = Literal["expected", "sampled", "typed"]


@dataclass(frozen=True)
class _Tried:
    """One answer and where it is from."""

    origin: Origin
    answered: Answered


def try_rewards(ctx: Context, wish: RewardTrial, chat: Chat | None = None) -> RewardTrialView:
    """Scores of real answers by the rewards as they are chosen now.

    Args:
        chat: whose process asks reward models; None: they are left out, as judges are.

    Raises:
        SpecError: what is wrong with the rewards, by field ("training.rewards.0.words").
        Fault: an own function that fails, or "reward.too_much_typed". NotFound: no such data set or job.
    """
    chosen = read_rewards(wish["rewards"])
    if faults := unusable_rewards(ctx, {"rewards": wish["rewards"]}):
        raise SpecError(faults)
    rows = _rows(ctx, wish["dataset"])
    sampling, sampled = _sampled(ctx, wish["sampled"], rows)
    tried = [*_expected(rows), *sampled, *_typed(wish)]
    here = [one for one in chosen if not _later(one, chat)]
    scored = _scored(ctx, here, [one.answered for one in tried], chat)
    totals = [score for one, score in zip(tried, scored.total, strict=True) if one.origin == "sampled"]
    return {
        "parts": [_part(one, scored, later=one not in here) for one in chosen],
        "answers": [_answer(one, scored, place) for place, one in enumerate(tried)],
        "flat": _is_flat(totals),
        "sampling": sampling,
    }


def sample_for_rewards(ctx: Context, dataset: int, model: int) -> int:
    """Have the model answer the first questions of the data once each; the job that does it. Asked again, it is the same one while
    neither changed.

    Raises:
        NotFound, Fault: as `start_list`; "reward.no_questions" where no row asks anything.
    """
    questions = [text for row in _rows(ctx, dataset) if (text := _question(row))]
    if not questions:
        raise Fault("reward.no_questions")
    named = hashlib.sha256(repr((model, questions)).encode()).hexdigest()[:24]
    job = start_list(ctx, model, [], _SAMPLING, questions, name="", key=f"rewards-{named}")
    if list_view(ctx, job, 0, 0)["job"]["status"] not in ("failed", "cancelled"):
        return job
    return start_list(ctx, model, [], _SAMPLING, questions, name="", key=uuid.uuid4().hex)


def _rows(ctx: Context, dataset: int | None) -> list[Row]:
    return [] if dataset is None else list(islice(read_rows(version_file(ctx, dataset)[1], "train"), ROWS))


def _question(row: Row) -> str:
    said = (str(turn.get("content") or "") for turn in reversed(asked_of(row)) if turn["role"] == "user")
    return next(said, "").strip()[:LONGEST_QUESTION]


def _expected(rows: Sequence[Row]) -> Iterator[_Tried]:
    for row in rows:
        if (answer := expected_of(row)) is not None:
            yield _Tried("expected", Answered(asked_of(row), answer, row))


def _sampled(ctx: Context, job: int | None, rows: Sequence[Row]) -> tuple[RewardSampling | None, list[_Tried]]:
    """What the model has answered so far, each with the row of its question."""
    if job is None:
        return None, []
    view = list_view(ctx, job, 0, 0)
    by_question = {_question(row): row for row in rows}
    answers = list(islice(read_answers(ctx.settings, job), ROWS))
    ended = view["job"]["status"] in [status.value for status in FINAL]
    told: RewardSampling = {
        "job": job,
        "done": len(answers),
        "total": view["total"],
        "ended": ended,
        "error": view["job"]["error"],
    }
    found = []
    for one in answers:
        row: Row = by_question.get(one["question"], {})
        said = next(iter(one["answers"].values()), None)
        if said is not None and said["reason"] in ("end", "length"):
            asked = asked_of(row) or [{"role": "user", "content": one["question"]}]
            answered = Answered(asked, said["text"], row, said["reason"] == "end", said["tokens"])
            found.append(_Tried("sampled", answered))
    return told, found


def _typed(wish: RewardTrial) -> Iterator[_Tried]:
    if len(wish["typed"]) > _MOST_TYPED or any(len(one["answer"]) > _LONGEST for one in wish["typed"]):
        raise Fault("reward.too_much_typed", most=_MOST_TYPED, longest=_LONGEST)
    for one in wish["typed"]:
        asked = [{"role": "user", "content": one["question"]}]
        row = {"prompt": asked, "reference": {"answer": one["expected"]} if one.get("expected") else {}}
        yield _Tried("typed", Answered(asked, one["answer"], row))


def _scored(ctx: Context, here: Sequence[ChosenReward], batch: Sequence[Answered], chat: Chat | None) -> Scored:
    """The sum is of those that can be asked here."""
    near = [one for one in here if "file" not in one.reward.needs]
    with open_rewards(near, _env(ctx, chat)) as opened:
        components = dict(opened.score(batch).components)
    components |= {one.name: scored_apart(ctx.settings, one, batch) for one in here if one not in near}
    return weighted(here, components, len(batch))


def _env(ctx: Context, chat: Chat | None) -> RewardEnv:
    if chat is None:
        return RewardEnv(ctx.settings)

    def reward_model(tuned_id: int) -> Callable[[Talk], list[float | None]]:
        asked = AskedScorer(ctx, chat, tuned_id)
        return lambda talks: [one["score"] for one in asked.score(talks)]

    return RewardEnv(ctx.settings, reward_model)


def _later(one: ChosenReward, chat: Chat | None) -> bool:
    """Whether it is asked while the job runs alone: a judge, and where nobody holds models also a reward model."""
    return "endpoint" in one.reward.needs or ("model" in one.reward.needs and chat is None)


def _part(one: ChosenReward, scored: Scored, *, later: bool) -> TriedPart:
    return {
        "name": one.name,
        "key": one.reward.key,
        "weight": one.weight,
        "lowest": one.reward.lowest,
        "highest": one.reward.highest,
        "later": later,
        "unscored": scored.untold.get(one.name, 0),
    }


def _answer(one: _Tried, scored: Scored, place: int) -> TriedAnswer:
    said = one.answered
    asked = (str(turn.get("content") or "") for turn in reversed(said.question) if turn.get("role") == "user")
    return {
        "origin": one.origin,
        "question": next(asked, "")[:_SHOWN],
        "answer": said.answer[:_SHOWN],
        "cut": len(said.answer) > _SHOWN,
        "total": scored.total[place],
        "scores": {name: scores[place] for name, scores in scored.components.items()},
    }


def _is_flat(totals: Sequence[Any]) -> bool:
    known = [one for one in totals if one is not None]
    return len(known) > 2 and max(known) - min(known) < _ALIKE
