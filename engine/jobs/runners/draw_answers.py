"""The job that draws answers to prompts: several prompts at the same time, each answer with a seed of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.jobs.runners.local_writing import ModelWriter
from engine.services.data.making.endpoint import Said
from engine.services.data.making.forecast import TOGETHER
from engine.services.data.making.writers import LocalWriter, writer_of
from storage.job_tables import Job
from storage.queries.ranked import rankings
from storage.ranking_tables import RankedPrompt


@dataclass
class _Task:
    """What all parts of one attempt share; `done` counts prompts, each once for every model."""

    ctx: Context
    job: Job
    spec: Mapping[str, Any]
    reporter: Reporter
    prompts: Sequence[tuple[int, list[dict[str, Any]]]]  # id and messages
    done: int
    began: float
    earlier: int

    @property
    def total(self) -> int:
        """How often a model is asked."""
        return len(self.prompts) * len(self.spec["writers"])


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Draw what is not drawn yet. A stop ends it after the prompts in hand; what was drawn can be ranked meanwhile.

    Raises:
        Fault: why a model cannot be used, or stopped answering ("chat.no_memory", "template.missing" ...). NotFound.
    """
    reporter.phase("loading")
    with ctx.db.read() as s:
        prompts = [(one.id, one.prompt) for one in rankings.prompts_of(s, job.id)]
    done = int((job.result or {}).get("done", 0))
    task = _Task(ctx, job, job.spec, reporter, prompts, done, time.monotonic(), done)
    for number, key in enumerate(task.spec["writers"]):
        if task.done < (number + 1) * len(prompts) and reporter.requested() != "stop":
            _draw_all(task, number, _local(ctx, key))
            gc.collect()  # the model goes before the next one comes
    reporter.finish("succeeded" if task.done == task.total else "stopped", result={"done": task.done})


def _local(ctx: Context, key: str) -> LocalWriter:
    found = writer_of(ctx, key)
    if not isinstance(found, LocalWriter):
        raise Fault("rank.no_writer")
    return found


def _draw_all(task: _Task, number: int, writer: LocalWriter) -> None:
    """Let one model answer every prompt that it has not answered."""
    task.reporter.phase("loading")
    model = ModelWriter(task.ctx, task.job, writer, task.reporter)
    task.reporter.phase("drawing")
    task.reporter.progress(task.done, task.total, result={"done": task.done})
    together = max(1, TOGETHER // task.spec["answers"])
    first = number * len(task.prompts)
    while task.done - first < len(task.prompts) and task.reporter.requested() != "stop":
        task.reporter.heed()
        place = task.done - first
        _draw(task, model, writer, number, place, task.prompts[place : place + together])


def _draw(
    task: _Task,
    model: ModelWriter,
    writer: LocalWriter,
    number: int,
    first: int,
    prompts: Sequence[tuple[int, list[dict[str, Any]]]],
) -> None:
    """Answers and progress are written together, so nothing is lost or drawn twice."""
    copies, seed = task.spec["answers"], task.spec["seed"] + 7_919 * number
    seeds = [seed + 1_000_003 * (first + at) + 101 * copy for at in range(len(prompts)) for copy in range(copies)]
    asked = [messages for _id, messages in prompts for _copy in range(copies)]
    settings = {"temperature": task.spec["temperature"], "longest": task.spec["longest"]}
    said = model.say(list(zip(asked, seeds, strict=True)), **settings, all_turns=True)
    task.done += len(prompts)
    with task.reporter.transaction() as s:
        for at, (prompt, _messages) in enumerate(prompts):
            mine = slice(at * copies, (at + 1) * copies)
            row = s.get_one(RankedPrompt, prompt)
            row.answers = _with_new(row.answers, said[mine], seeds[mine], writer, task.spec)
            row.drawn = number == len(task.spec["writers"]) - 1
        told = s.get_one(Job, task.job.id)
        told.step, told.total_steps, told.result = task.done, task.total, {"done": task.done}
    left = (time.monotonic() - task.began) / (task.done - task.earlier) * (task.total - task.done)
    task.reporter.progress(task.done, task.total, left, result={"done": task.done})


def _with_new(
    before: list[Any], said: Sequence[Said | None], seeds: Sequence[int], writer: LocalWriter, spec: Mapping[str, Any]
) -> list[Any]:
    """The answers so far with those that say something new: what is the same cannot be ranked."""
    answers, seen = list(before), {one["text"].strip() for one in before}
    side = writer.side
    for one, seed in zip(said, seeds, strict=True):
        if one is None or not one.text.strip() or one.text.strip() in seen:
            continue
        seen.add(one.text.strip())
        sampling = {"temperature": spec["temperature"], "longest": spec["longest"], "seed": seed % 2**31}
        told = {"side": side.side, "label": side.label, "weights": side.weights_hash, "base": writer.base.id}
        answers.append({"text": one.text, "whole": one.whole, "sampling": sampling, **told})
    return answers
