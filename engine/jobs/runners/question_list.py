"""The job that asks a list of questions: a few at a time, each side of each question; answers are written as they come."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import IO, Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.core.shapes import CodedMessage
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.jobs.reporter import Reporter
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.memory import placed_alone, threads_beside
from engine.services.chat.question_lists import answers_file, read_answers, read_asked
from engine.services.chat.residents import place_sides, plan_of
from engine.services.chat.sides import Setup, make_asks, setup_from, setup_obstacle
from engine.services.chat.stored.variables import fill_settings
from engine.serving.protocol import Ask, Request, ResidentModels
from engine.serving.runtime.failed_sides import Failed, failed_side
from engine.serving.runtime.generation import generate
from engine.serving.runtime.model_cache import ModelCache
from engine.shapes.chat import ListAnswer, ListRow
from engine.shapes.playground.lists import ListQuestion
from storage.job_tables import Job
from storage.queries.base_models import get_model

log = logging.getLogger("tunesmith.questions")

_MOST_BROKEN = 8  # questions in a row whose answering breaks off before the job does
_TOGETHER = 4  # questions that are answered at the same time
_KEPT = ("text", "reason", "tokens", "error")


@dataclass
class _Task:
    """What all parts of one attempt share."""

    ctx: Context
    setup: Setup
    template: ChatTemplate
    plan: ResidentModels
    cache: ModelCache
    reporter: Reporter
    failed: Failed  # weights that cannot be loaded, with the reason
    broken: int = 0  # questions in a row whose answering broke off

    def heed(self) -> bool:
        """Raises Cancelled when the user asked to cancel; False otherwise, as no answer is cut short."""
        self.reporter.heed()
        return False


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Answer what is not answered yet. A stop ends it after the questions in hand.

    Raises:
        Fault: "questions.gone", "chat.base_gone", "chat.tuned_gone", "chat.no_memory", "chat.no_memory_alone".
    """
    reporter.phase("loading")
    questions = read_asked(ctx.settings, job.id)
    task = _task(ctx, job, reporter)
    done = _go_on(ctx, job.id)
    _load(task)
    reporter.phase("answering")
    reporter.progress(done, len(questions))
    began, earlier = time.monotonic(), done
    with answers_file(ctx.settings, job.id).open("a", encoding="utf-8", newline="\n") as file:
        while done < len(questions) and reporter.requested() != "stop":
            reporter.heed()
            done += _answer(task, file, questions[done : done + _TOGETHER], done)
            left = (time.monotonic() - began) / (done - earlier) * (len(questions) - done)
            reporter.progress(done, len(questions), left)
    reporter.finish("succeeded" if done == len(questions) else "stopped", result={"answered": done})


def _load(task: _Task) -> None:
    """Hold what can be held; the sides of what cannot say so with every question. Raises Fault where nobody is left."""
    task.cache.hold(task.plan, task.failed)
    names = {one.key for one in task.setup.sides}
    if names <= set(task.failed):
        first = next(iter(task.failed.values()))
        raise Fault(first["code"], **first["params"])
    able = tuple(weights for weights in task.plan.tuned if weights.key not in task.failed)
    task.plan = replace(task.plan, tuned=able)


def _go_on(ctx: Context, job_id: int) -> int:
    """How many questions an earlier attempt has answered; a line that it did not finish is cut off."""
    rows = list(read_answers(ctx.settings, job_id))
    whole = "".join(_line(row) for row in rows)
    path = answers_file(ctx.settings, job_id)
    draft = path.with_suffix(".part")
    draft.write_text(whole, encoding="utf-8", newline="\n")
    os.replace(draft, path)
    return len(rows)


def _line(row: ListRow) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _task(ctx: Context, job: Job, reporter: Reporter) -> _Task:
    wanted = {one["side"]: one for one in job.spec["sides"]}
    with ctx.db.read() as s:
        base = get_model(s, int(job.base_model_id or 0))
        if base is None:
            raise NotFound(base_model=job.base_model_id)
        setup = setup_from(s, base, list(wanted), job.spec["settings"])
    if fault := setup_obstacle(ctx.settings, setup):
        raise fault
    lost = [one["label"] for name, one in wanted.items() if name not in setup.answerers]
    if lost:
        raise Fault("chat.tuned_gone", names=", ".join(lost))
    asked = {one["weights_hash"] for one in wanted.values()}  # "": its weights were not here when it was asked
    if other := [side.label for side in setup.sides if side.weights_hash not in asked and "" not in asked]:
        raise Fault("questions.other_weights", name=other[0])
    template = open_template(tokenizer_folder(ctx.settings, base), base.name)
    return _Task(ctx, setup, template, _plan(ctx, job, setup), ModelCache(), reporter, {})


def _plan(ctx: Context, job: Job, setup: Setup) -> ResidentModels:
    """Where the models go. Raises Fault where they do not fit."""
    tokens = 2 * setup.settings["max_tokens"] * len(setup.sides) * _TOGETHER
    placed = place_sides(setup, tokens, lambda wanted: placed_alone(ctx, job, wanted))
    return plan_of(ctx.settings, setup, placed, threads_beside(ctx, job))


def _answer(task: _Task, file: IO[str], questions: Sequence[ListQuestion], first: int) -> int:
    """Ask some of them at once and write what is said; how many they were."""
    asks: list[Ask] = []
    rows = [_row(question) for question in questions]
    for place, (row, question) in enumerate(zip(rows, questions, strict=True)):
        failed: dict[str, Fault] = {}
        try:
            setup = _filled(task.setup, question)
            for ask in make_asks(task.ctx, setup, (), row["question"], int(setup.settings["seed"]), failed):
                asks.append(replace(ask, side=f"{place} {ask.side}"))
        except Fault as fault:  # this question alone cannot be asked
            failed = {side.side: fault for side in task.setup.sides}
        row["answers"] = {side: _refused(fault) for side, fault in failed.items()}
    for event in _said_each(task, asks, first):
        place, side = event["side"].split(" ", 1)
        rows[int(place)]["answers"][side] = cast(ListAnswer, {key: event[key] for key in _KEPT})
    for row in rows:  # in the order of the sides, whoever ended first
        row["answers"] = {
            side.side: row["answers"][side.side] for side in task.setup.sides if side.side in row["answers"]
        }
    file.writelines(_line(row) for row in rows)
    file.flush()
    return len(rows)


def _row(question: ListQuestion) -> ListRow:
    row: ListRow = {"question": question["question"], "answers": {}}
    if "values" in question:
        row["values"] = question["values"]
    return row


def _filled(setup: Setup, question: ListQuestion) -> Setup:
    """The setup with the row's values in its system prompt. Raises Fault where the row cannot be asked."""
    if fault := question.get("error"):
        raise Fault(fault["code"], **fault["params"])
    return replace(setup, settings=fill_settings(setup.settings, question.get("values")))


def _refused(fault: Fault) -> ListAnswer:
    return {"text": "", "reason": "failed", "tokens": 0, "error": fault.as_dict()}


def _said_each(task: _Task, asks: Sequence[Ask], number: int) -> list[Mapping[str, Any]]:
    """As `_said`; where answering breaks off, each question is tried alone, and only those that break off again have no answer.

    Raises:
        Exception: the last of `_MOST_BROKEN` in a row: then it is not the questions that are at fault.
    """
    try:
        said = _said(task, asks, number)
        task.broken = 0 if asks else task.broken
        return said
    except Exception as error:
        if len({ask.side.split(" ", 1)[0] for ask in asks}) > 1:
            return [event for one in _apart(asks) for event in _said_each(task, one, number)]
        task.broken += 1
        if task.broken >= _MOST_BROKEN:
            raise
        log.warning("question %d of a list broke off", number, exc_info=error)
        return [failed_side(ask, _why(error)) for ask in asks]


def _apart(asks: Sequence[Ask]) -> list[list[Ask]]:
    """The asks of each question."""
    return [list(group) for _place, group in groupby(asks, lambda ask: ask.side.split(" ", 1)[0])]


def _why(error: Exception) -> CodedMessage:
    if isinstance(error, TunesmithError):
        return error.as_dict()
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return Fault("chat.out_of_memory").as_dict()
    return Fault("chat.failed", reason=f"{type(error).__name__}: {error}"[:300]).as_dict()


def _said(task: _Task, asks: Sequence[Ask], number: int) -> list[Mapping[str, Any]]:
    """How each of them ended."""
    if not asks:
        return []
    said: list[Mapping[str, Any]] = [
        failed_side(ask, task.failed[ask.weights]) for ask in asks if ask.weights in task.failed
    ]
    able = tuple(ask for ask in asks if ask.weights not in task.failed)
    settings = task.setup.settings
    stops = tuple(task.template.eos_ids)
    request = Request(number, task.plan, able, settings["temperature"], settings["top_p"], stops)
    own = {ask.tokenizer: open_template(Path(ask.tokenizer)) for ask in able if ask.tokenizer}
    generate(request, task.cache.hold(task.plan), task.template, task.heed, said.append, templates=own)
    return [event for event in said if event["event"] == "side"]
