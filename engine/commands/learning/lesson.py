"""`lesson`: what an objective does, in a few minutes: learn the lesson's rows, answer its questions before and after, judge them."""

from __future__ import annotations

import time
import uuid
from typing import Any

from engine.commands import models
from engine.commands.console import Console
from engine.commands.train import watch
from engine.core.context import Context
from engine.services.app.lesson_runs import LessonOutcome, judge, scorer_of, start
from engine.services.app.lessons import lesson_of
from engine.services.models import base_models

_SHOWN = 4


def lesson(console: Console, ctx: Context, key: str, sample: str, epochs: float | None = None) -> int:
    """Teach the starter model a lesson and print how it went; 1 where what it promises is not so for sure. Raises NotFound.

    A lesson whose reward is what another one makes has that one go first, where nobody has taught it yet.
    """
    chosen, began = lesson_of(key), time.monotonic()
    model_id = base_models.ensure_starter(ctx)
    models.make_ready(console, ctx, model_id)
    if chosen.scored_by and scorer_of(ctx, chosen.scored_by, sample, model_id) is None:
        console.say("cli.lesson.first", label=lesson_of(chosen.scored_by).label.in_(console.language))
        if code := watch(console, ctx, start(ctx, chosen.scored_by, sample, model_id, once=uuid.uuid4().hex)):
            return code
    console.say("cli.lesson.begin", label=chosen.label.in_(console.language), says=chosen.says.in_(console.language))
    more: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    job_id = start(ctx, key, sample, model_id, once=uuid.uuid4().hex, **more)
    if code := watch(console, ctx, job_id):
        return code
    outcome = judge(ctx, job_id, key)
    _print(console, outcome, (time.monotonic() - began) / 60)
    return 0 if outcome.passes(chosen) else 1


def _print(console: Console, outcome: LessonOutcome, minutes: float) -> None:
    for question, before, after in outcome.answers[:_SHOWN]:
        console.say("cli.lesson.answer", question=question, before=before, after=after)
    if outcome.right is not None:
        console.say("cli.lesson.right", share=f"{outcome.right:.0%}")
    if outcome.gain is not None:
        low, high = outcome.gain_interval
        console.say("cli.lesson.gain", gain=f"{outcome.gain:+.2f}", low=f"{low:+.2f}", high=f"{high:+.2f}")
    if outcome.distance is not None:
        console.say("cli.lesson.distance", kl=f"{outcome.distance:.2f}")
    if not outcome.asked:
        return
    low, high = outcome.interval
    said = {"wins": f"{outcome.wins:g}", "asked": outcome.asked, "low": f"{low:.2f}", "high": f"{high:.2f}"}
    said |= {"before": round(outcome.before), "after": round(outcome.after), "minutes": round(minutes, 1)}
    console.say("cli.lesson.result", **said)
