"""The job that asks a list of questions: a few at a time, each side of each question; answers are written as they come."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.jobs.reporter import Reporter
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.memory import placed_alone, threads_beside
from engine.services.chat.question_lists import answers_file, read_answers, read_questions
from engine.services.chat.sides import Setup, make_asks, obstacle_now, shape_of_base, sides_of
from engine.serving.process.admission import Tuned, Wanted
from engine.serving.protocol import Ask, Request, ResidentModels, tuned_key
from engine.serving.runtime.generation import generate
from engine.serving.runtime.model_cache import ModelCache
from engine.shapes.chat import ListAnswer, ListRow
from storage.job_tables import Job
from storage.queries import tuned_models
from storage.queries.base_models import get_model

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
    questions = read_questions(ctx.settings, job.id)
    task = _task(ctx, job, reporter)
    done = _go_on(ctx, job.id)
    task.cache.hold(task.plan)
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
    with ctx.db.read() as s:
        base = get_model(s, int(job.base_model_id or 0))
        found = tuned_models.tuned_by_ids(s, job.spec["tuned"])
    if base is None:
        raise NotFound(base_model=job.base_model_id)
    tuned = [found[one] for one in job.spec["tuned"]]
    if fault := obstacle_now(ctx.settings, base, tuned):
        raise fault
    setup = Setup(0, base, tuple(tuned), job.spec["settings"], sides_of(base, tuned))
    asked = {one["weights_hash"] for one in job.spec["sides"]}  # "": its weights were not here when it was asked
    if other := [side.label for side in setup.sides if side.weights_hash not in asked and "" not in asked]:
        raise Fault("questions.other_weights", name=other[0])
    template = open_template(tokenizer_folder(ctx.settings, base), base.name)
    return _Task(ctx, setup, template, _plan(ctx, job, setup), ModelCache(), reporter)


def _plan(ctx: Context, job: Job, setup: Setup) -> ResidentModels:
    """Where the models go. Raises Fault where they do not fit."""
    sizes = tuple(Tuned(tuned_key(one.id), one.format, one.bytes) for one in setup.tuned)
    tokens = 2 * setup.settings["max_tokens"] * len(setup.sides) * _TOGETHER
    wanted = Wanted(setup.identity, shape_of_base(setup.base), sizes, setup.answering, tokens, setup.eight_bits)
    placed = placed_alone(ctx, job, wanted)
    base, tuned = setup.weights(ctx.settings)
    folder, threads = str(tokenizer_folder(ctx.settings, setup.base)), threads_beside(ctx, job)
    form = (placed.device, placed.dtype, threads)
    return ResidentModels(setup.identity, base, tuned, folder, *form, keep_mb=placed.keep_mb)


def _answer(task: _Task, file: IO[str], questions: Sequence[str], first: int) -> int:
    """Ask some of them at once and write what is said; how many they were."""
    asks: list[Ask] = []
    rows: list[ListRow] = [{"question": question, "answers": {}} for question in questions]
    for place, row in enumerate(rows):
        try:
            for ask in make_asks(task.ctx, task.setup, (), row["question"], int(task.setup.settings["seed"])):
                asks.append(replace(ask, side=f"{place} {ask.side}"))
        except Fault as fault:  # this question alone cannot be asked
            refused: ListAnswer = {"text": "", "reason": "failed", "tokens": 0, "error": fault.as_dict()}
            row["answers"] = {side.side: refused for side in task.setup.sides}
    for event in _said(task, asks, first):
        place, side = event["side"].split(" ", 1)
        rows[int(place)]["answers"][side] = cast(ListAnswer, {key: event[key] for key in _KEPT})
    file.writelines(_line(row) for row in rows)
    file.flush()
    return len(rows)


def _said(task: _Task, asks: Sequence[Ask], number: int) -> list[Mapping[str, Any]]:
    """How each of them ended."""
    if not asks:
        return []
    said: list[Mapping[str, Any]] = []
    settings = task.setup.settings
    stops = tuple(task.template.eos_ids)
    request = Request(number, task.plan, tuple(asks), settings["temperature"], settings["top_p"], stops)
    generate(request, task.cache.hold(task.plan), task.template, task.heed, said.append)
    return [event for event in said if event["event"] == "side"]
