"""The job of a method that trains nothing: the base with examples before each question, measured as a tuned model is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from engine.core.errors import Fault
from engine.data.rows.store import read_rows
from engine.data.templates.encoded import Encoded
from engine.data.templates.template import ChatTemplate
from engine.evaluation import sampling
from engine.evaluation.answers import held_out_questions
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Interrupted, StoppedEarly
from engine.methods.few_shot_examples.choose import Row, Shots, in_front, question_of
from engine.objectives import objective_of
from engine.training.batches.examples import make_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.applied import seed_everything
from engine.training.forward.choice import choose_forward
from engine.training.forward.mean_loss import mean_loss
from engine.training.limits.limits import TimeIsUp, time_held
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.attempt import Attempt
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.inputs import Inputs, rows_file
from engine.training.loop.not_finite import fault_of_base
from engine.training.loop.result import ResultFolders, results
from engine.training.loop.scoring import autocast_of, sheet_of
from engine.training.loop.weights import load_base, torch_device
from engine.training.pace.outlook import Outlook, Seconds
from storage.queries import reporting

_STEPS = 1
_WRITING_S = 1.0  # of a limit of time, for the few files of the result


@dataclass(frozen=True)
class _InContextRun:
    """What all parts of the job need."""

    inputs: Inputs
    reporter: Reporter
    model: Any
    shots: Shots
    progress: TrainingProgress
    tokens: int  # of a group
    outlook: Outlook
    latest: float | None  # monotonic seconds at which the result must be written; None without a limit of time

    @property
    def context(self) -> int:
        inputs = self.inputs
        return inputs.base.context_length or int(inputs.spec.training["max_length"]) + self.shots.tokens

    def autocast(self) -> Any:
        return autocast_of(self.inputs.device, self.inputs.precision)

    def look(self) -> None:
        """Raises Cancelled, StoppedEarly, Interrupted or TimeIsUp when the job must end."""
        self.reporter.heed()
        if self.reporter.interrupted:
            raise Interrupted
        if self.latest is not None and time.monotonic() > self.latest:
            raise TimeIsUp


def answer_in_context(attempt: Attempt, most_held_out: int) -> None:
    """Gather examples, measure and answer without and with them, and keep them as the result. A limit of time ends the
    measuring; the examples are there by then. Raises TimeIsUp where they are not."""
    inputs, reporter, run_context = attempt.inputs, attempt.reporter, attempt.run_context
    spec = inputs.spec
    reporter.phase("loading")
    seed_everything(spec.training["seed"])
    with reporter.transaction() as s:
        reporting.forget_after(s, reporter.job_id, -1)
    path, began = rows_file(attempt.ctx, spec, inputs.dataset), time.monotonic()
    outlook = _outlook(attempt)
    with time_held(attempt.deadline):
        shots = _gather(read_rows(path, "train"), inputs)
        shots.write(run_context.folder)
        base = load_base(inputs.weights, inputs.method, spec.training, inputs.device, inputs.precision)
        model = inputs.method.apply(base, spec.method_params, run_context).eval()
    memory, tokens = (
        MemoryWatch(torch_device(inputs.device), spec.budget.memory_mb),
        attempt.resources.microbatch.tokens,
    )
    attempt.clock.ready()
    latest = None if attempt.clock.latest is None else attempt.clock.latest - _WRITING_S
    run = _InContextRun(inputs, reporter, model, shots, TrainingProgress(), tokens, outlook, latest)
    with reporter.deferring_interrupts():
        ended = None
        try:  # the examples are there: a stop, or the limit of time, only ends the looking at what they do
            _look_at(run, list(read_rows(path, "val")), read_rows(path, "train"), most_held_out)
        except StoppedEarly:
            ended = "stop"
        except TimeIsUp:
            ended = "time"
            reporter.event("warning", "time_in_context")
        outlook.enter("result")
        reporter.nothing_yet = False
        run.progress.step, run.progress.seconds = _STEPS, time.monotonic() - began
        memory.look()
        used_mb, device_mb = memory.take()
        run.progress.peak_memory_mb = device_mb or used_mb
        with ResultFolders(reporter, spec, inputs.base, inputs.dataset, run_context) as folders:
            folders.keep(model, run.progress, run.progress.now)
    reporter.progress(_STEPS, _STEPS, 0.0, val_loss=run.progress.val_loss)
    stopped = ended is not None or reporter.requested() == "stop"
    result = results(run.progress, run.progress.now, objective_of(spec.objective)) | {
        "ended": "time" if ended == "time" else None
    }
    reporter.finish("stopped" if stopped else "succeeded", result=result)


def _outlook(attempt: Attempt) -> Outlook:
    """Everything is done twice: without and with examples."""
    planned = attempt.clock.planned
    stages: Mapping[str, Seconds] = {
        "start": lambda: planned.start,
        "checks": lambda: 2 * planned.score,
        "samples": lambda: planned.base_samples + planned.samples,
        "answers": lambda: planned.base_answers + planned.answers,
        "result": lambda: planned.result,
    }
    return Outlook(attempt.reporter, stages, attempt.deadline)


def _look_at(run: _InContextRun, held_out: Sequence[Row], trained: Iterable[Row], most_held_out: int) -> None:
    run.outlook.enter("checks")
    _measure(run, _thinned(_pairs(held_out, run), most_held_out))
    run.outlook.enter("samples")
    _answer(run, chain(held_out, trained))
    run.outlook.enter("answers")
    _score(run, held_out)


def _gather(rows: Iterable[Row], inputs: Inputs) -> Shots:
    """Raises Fault("training.no_examples") where there is none."""
    values, training = inputs.spec.method_params, inputs.spec.training
    found = Shots.gather(
        rows,
        similar=values["choice"] == "similar",
        count=values["shots"],
        tokens=values["tokens"],
        seed=training["seed"],
    )
    if not found.rows:
        raise Fault(
            "training.no_examples", dropped=0, unlearnable=0, refused=0, max_length=training["max_length"], reason="-"
        )
    return found


# ---------------------------------------------------------------- loss


def _measure(run: _InContextRun, pairs: Sequence[tuple[Example, Example]]) -> None:
    """Loss of the same labels without and with examples before them, as steps 0 and 1. Raises Fault("training.nan_...")."""
    progress, reporter = run.progress, run.reporter
    if not pairs:
        return
    reporter.phase("evaluating")
    objective = objective_of(run.inputs.spec.objective)
    losses = []
    for step, examples in enumerate(zip(*pairs, strict=True)):
        losses.append(_loss(run, examples))
        if not math.isfinite(losses[-1]):
            raise fault_of_base(run.inputs.weights, step)
        reporter.metric(step, val_loss=losses[-1], **objective.validation(losses[-1]))
        reporter.progress(step, _STEPS, val_loss=losses[-1])
        progress.tokens += sum(map(len, examples))
    progress.base_val_loss, progress.val_loss = losses


def _loss(run: _InContextRun, examples: Sequence[Example]) -> float:
    forward = choose_forward(run.model, run.model.get_input_embeddings().num_embeddings, run.autocast(), pack=True)
    spec = run.inputs.spec
    objective = objective_of(spec.objective)
    return mean_loss(run.model, objective, spec.training, forward, examples, run.tokens, run.autocast, run.look).loss


def _pairs(rows: Iterable[Row], run: _InContextRun) -> list[tuple[Example, Example]]:
    """Each held-out row as it is and with examples in front; rows that training would leave out are left out."""
    training, template = run.inputs.spec.training, run.inputs.template
    objective = objective_of(run.inputs.spec.objective)
    found = []
    for row in rows:
        try:
            alone = template.encode(row, **objective.mask(training))
        except Fault:
            continue
        if len(alone.ids) > run.context or (
            len(alone.ids) > training["max_length"] and training.get("over_length") == "drop"
        ):
            continue
        cut = alone.cut(int(training["max_length"]))
        if cut.trained:
            found.append((make_example(cut), make_example(_behind(row, cut, alone, run))))
    return found


def _behind(row: Row, cut: Encoded, alone: Encoded, run: _InContextRun) -> Encoded:
    """The row behind examples. Its own tokens, with its labels, are the longest end that both encodings share."""
    template = run.inputs.template
    taken = run.shots.chosen(question_of(row), template, run.context - len(alone.ids))
    spec = run.inputs.spec
    whole = _encoded(row, taken, template, objective_of(spec.objective).mask(spec.training)).ids
    shared = _shared_end(whole, alone.ids)
    front, first = whole[: len(whole) - shared], len(alone.ids) - shared
    ids, labels = [*front, *cut.ids[first:]], [-100] * len(front) + cut.labels[first:]
    weights = None if cut.weights is None else [1.0] * len(front) + cut.weights[first:]
    return Encoded(ids, labels, 0, len(ids), weights=weights)


def _encoded(row: Row, taken: Sequence[Row], template: ChatTemplate, mask: Mapping[str, Any]) -> Encoded:
    if "messages" in row:
        return template.encode({**row, "messages": in_front(taken, row["messages"])}, **mask)
    return template.encode("\n\n".join([question_of(shot) for shot in taken] + [str(row["text"])]), **mask)


def _shared_end(one: Sequence[int], other: Sequence[int]) -> int:
    most = min(len(one), len(other))
    return next((n for n in range(most) if one[-1 - n] != other[-1 - n]), most)


def _thinned(pairs: Sequence[tuple[Example, Example]], most: int) -> Sequence[tuple[Example, Example]]:
    return pairs if len(pairs) <= most else [pairs[place * len(pairs) // most] for place in range(most)]


# ---------------------------------------------------------------- answers


def _answer(run: _InContextRun, rows: Iterable[Row]) -> None:
    """The sample questions without and with examples."""
    plain, wanted, template = run.inputs.prompts, run.inputs.spec.sample_prompts, run.inputs.template
    if not plain:
        return
    run.reporter.phase("sampling")
    if wanted:
        behind = [replace(prompt, ids=_asked(prompt.text, run)) for prompt in plain]
    else:
        behind = _behind_texts(plain, run) or sampling.fixed_prompts((), _fronted(rows, run), template)
    for step, prompts in enumerate((plain, behind)):
        said = sampling.answer(run.model, prompts, template, run.context, run.autocast, heed=run.look)
        for index, (prompt, text) in enumerate(zip(prompts, said, strict=True)):
            run.reporter.sample(step, index, prompt.text, prompt.expected, text)
        run.look()


def _score(run: _InContextRun, rows: Iterable[Row]) -> None:
    """The scored questions without and with examples."""
    sheet = sheet_of(run.inputs, run.reporter)
    if sheet is None:
        return
    questions = _behind_texts(sheet.questions, run) or held_out_questions(
        _fronted(rows, run), run.inputs.template, len(sheet.questions)
    )
    before = sheet.ask_until(run.model, run.autocast, _halfway(run.latest))
    behind = replace(sheet, questions=questions)
    after = behind.ask_until(run.model, run.autocast, run.latest) if before else before
    if not before or not after:
        run.look()
        if before is not None and after is not None:
            run.reporter.event("warning", "answers_left_out", step=_STEPS, total=len(sheet.questions))
        return
    both = sorted(before.keys() & after.keys())
    if len(both) < len(sheet.questions):
        run.reporter.event("warning", "answers_in_time", step=_STEPS, used=len(both), total=len(sheet.questions))
    run.progress.answers = sheet.only(both).close([before[one] for one in both], [after[one] for one in both])


def _halfway(latest: float | None) -> float | None:
    """The same time for the answers without and with examples."""
    return None if latest is None else (time.monotonic() + latest) / 2


def _asked(text: str, run: _InContextRun) -> list[int]:
    """A question of the user's behind examples."""
    limit = max(1, run.context - sampling.NEW_TOKENS)
    messages = run.shots.before([{"role": "user", "content": text}], text, run.inputs.template, limit)
    return run.inputs.template.encode_prompt(messages)


def _fronted(rows: Iterable[Row], run: _InContextRun) -> Iterator[Row]:
    """Conversations with examples in front of them."""
    for row in rows:
        own = sum(run.inputs.template.token_counts([str(m["content"]) for m in row["messages"]], special=True))
        taken = run.shots.chosen(question_of(row), run.inputs.template, run.context - own - 2 * sampling.NEW_TOKENS)
        yield {**row, "messages": in_front(taken, row["messages"])}


def _behind_texts(prompts: Sequence[sampling.Prompt], run: _InContextRun) -> list[sampling.Prompt]:
    """Beginnings of plain texts behind whole texts; none for conversations."""
    if "messages" in run.shots.rows[0]:
        return []
    template, room = run.inputs.template, run.context - 2 * sampling.NEW_TOKENS
    texts = ([question_of(row) for row in run.shots.chosen(one.text, template, room - len(one.ids))] for one in prompts)
    fronts = [template.plain_ids("\n\n".join([*some, ""])) for some in texts]
    return [replace(one, ids=[*front, *one.ids]) for one, front in zip(prompts, fronts, strict=True)]
