"""The job of a method that trains nothing: the base with examples before each question, measured as a tuned model is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.store import read_rows
from engine.data.templates.template import ChatTemplate, Encoded
from engine.evaluation import sampling
from engine.evaluation.answers import held_out_questions
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled, Interrupted
from engine.methods import Run
from engine.methods.few_shot_examples.choose import Row, Shots, in_front, question_of
from engine.models.base.paths import weights_folder
from engine.training.batches.examples import Example, make_example
from engine.training.forward.forward import choose_forward, mean_loss
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.callback import perplexity
from engine.training.loop.checkpoints import Progress
from engine.training.loop.inputs import Inputs, rows_file, seed_everything
from engine.training.loop.result import keep_tuned, results
from engine.training.loop.scoring import autocast_of, sheet_of
from engine.training.loop.weights import load_base, torch_device
from storage.queries import reporting

_STEPS = 1


@dataclass(frozen=True)
class _Desk:
    """What all parts of the job need."""

    inputs: Inputs
    reporter: Reporter
    model: Any
    shots: Shots
    progress: Progress
    tokens: int  # of a group

    @property
    def context(self) -> int:
        inputs = self.inputs
        return inputs.base.context_length or int(inputs.spec.training["max_length"]) + self.shots.tokens

    def autocast(self) -> Any:
        return autocast_of(self.inputs.device, self.inputs.precision)

    def look(self) -> None:
        """Raises Cancelled or Interrupted when the job must end."""
        if self.reporter.requested() == "cancel":
            raise Cancelled
        if self.reporter.interrupted:
            raise Interrupted


def answer_in_context(
    ctx: Context, inputs: Inputs, reporter: Reporter, craft: Run, most_held_out: int, tokens: int
) -> None:
    """Gather examples, measure and answer without and with them, and keep them as the result.

    Args:
        tokens: most of a group.
    """
    spec = inputs.spec
    reporter.phase("loading")
    seed_everything(spec.training["seed"])
    with reporter.transaction() as s:
        reporting.forget_after(s, reporter.job_id, -1)
    path, began = rows_file(ctx, spec, inputs.dataset), time.monotonic()
    shots = _gather(read_rows(path, "train"), inputs)
    shots.write(craft.folder)
    base = load_base(
        weights_folder(ctx.settings, inputs.base), inputs.method, spec.training, inputs.device, inputs.precision
    )
    model = inputs.method.apply(base, spec.method_params, craft).eval()
    memory = MemoryWatch(torch_device(inputs.device), spec.budget.memory_mb)
    desk = _Desk(inputs, reporter, model, shots, Progress(), tokens)
    with reporter.deferring_interrupts():
        rows = list(read_rows(path, "val"))
        _measure(desk, _thinned(_pairs(rows, desk), most_held_out))
        _answer(desk, chain(rows, read_rows(path, "train")))
        _score(desk, rows)
        desk.progress.step, desk.progress.seconds = _STEPS, time.monotonic() - began
        memory.look()
        used_mb, device_mb = memory.take()
        desk.progress.peak_memory_mb = device_mb or used_mb
        keep_tuned(reporter, model, spec, inputs.base, inputs.dataset, desk.progress, craft)
    reporter.progress(_STEPS, _STEPS, 0.0, val_loss=desk.progress.val_loss)
    status = "stopped" if reporter.requested() == "stop" else "succeeded"
    reporter.finish(status, result=results(desk.progress) | {"ended": None})


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


def _measure(desk: _Desk, pairs: Sequence[tuple[Example, Example]]) -> None:
    """Loss of the same labels without and with examples before them, as steps 0 and 1."""
    progress, reporter = desk.progress, desk.reporter
    if not pairs:
        return
    reporter.phase("evaluating")
    losses = []
    for step, examples in enumerate(zip(*pairs, strict=True)):
        losses.append(_loss(desk, examples))
        reporter.metric(step, val_loss=losses[-1], perplexity=perplexity(losses[-1]))
        reporter.progress(step, _STEPS, val_loss=losses[-1])
        progress.tokens += sum(map(len, examples))
    progress.base_val_loss, progress.val_loss = losses


def _loss(desk: _Desk, examples: Sequence[Example]) -> float:
    forward = choose_forward(desk.model, desk.model.config.vocab_size, desk.autocast(), pack=True)
    return mean_loss(desk.model, forward, examples, desk.tokens, desk.autocast, desk.look)


def _pairs(rows: Iterable[Row], desk: _Desk) -> list[tuple[Example, Example]]:
    """Each held-out row as it is and with examples in front; rows that training would leave out are left out."""
    training, template = desk.inputs.spec.training, desk.inputs.template
    found = []
    for row in rows:
        try:
            alone = template.encode(row, train_on=training["train_on"])
        except Fault:
            continue
        if len(alone.ids) > desk.context or (
            len(alone.ids) > training["max_length"] and training["over_length"] == "drop"
        ):
            continue
        cut = _cut(alone, int(training["max_length"]))
        if cut.trained:
            found.append((make_example(cut), make_example(_behind(row, cut, alone, desk))))
    return found


def _cut(encoded: Encoded, length: int) -> Encoded:
    return replace(encoded, ids=encoded.ids[:length], labels=encoded.labels[:length])


def _behind(row: Row, cut: Encoded, alone: Encoded, desk: _Desk) -> Encoded:
    """The row behind examples. Its own tokens, with its labels, are the longest end that both encodings share."""
    template = desk.inputs.template
    taken = desk.shots.chosen(question_of(row), template, desk.context - len(alone.ids))
    whole = _encoded(row, taken, template).ids
    shared = _shared_end(whole, alone.ids)
    front, first = whole[: len(whole) - shared], len(alone.ids) - shared
    ids, labels = [*front, *cut.ids[first:]], [-100] * len(front) + cut.labels[first:]
    return Encoded(ids, labels, 0, len(ids))


def _encoded(row: Row, taken: Sequence[Row], template: ChatTemplate) -> Encoded:
    if "messages" in row:
        return template.encode({**row, "messages": in_front(taken, row["messages"])})
    return template.encode("\n\n".join([question_of(shot) for shot in taken] + [str(row["text"])]))


def _shared_end(one: Sequence[int], other: Sequence[int]) -> int:
    most = min(len(one), len(other))
    return next((n for n in range(most) if one[-1 - n] != other[-1 - n]), most)


def _thinned(pairs: Sequence[tuple[Example, Example]], most: int) -> Sequence[tuple[Example, Example]]:
    return pairs if len(pairs) <= most else [pairs[place * len(pairs) // most] for place in range(most)]


# ---------------------------------------------------------------- answers


def _answer(desk: _Desk, rows: Iterable[Row]) -> None:
    """The sample questions without and with examples."""
    plain, wanted, template = desk.inputs.prompts, desk.inputs.spec.sample_prompts, desk.inputs.template
    if not plain:
        return
    desk.reporter.phase("sampling")
    if wanted:
        behind = [replace(prompt, ids=_asked(prompt.text, desk)) for prompt in plain]
    else:
        behind = _behind_texts(plain, desk) or sampling.fixed_prompts((), _fronted(rows, desk), template)
    for step, prompts in enumerate((plain, behind)):
        said = sampling.answer(desk.model, prompts, template, desk.context, desk.autocast())
        for index, (prompt, text) in enumerate(zip(prompts, said, strict=True)):
            desk.reporter.sample(step, index, prompt.text, prompt.expected, text)
        desk.look()


def _score(desk: _Desk, rows: Iterable[Row]) -> None:
    """The scored questions without and with examples."""
    sheet = sheet_of(desk.inputs, desk.reporter)
    if sheet is None:
        return
    questions = _behind_texts(sheet.questions, desk) or held_out_questions(
        _fronted(rows, desk), desk.inputs.template, len(sheet.questions)
    )
    before = sheet.ask(desk.model, desk.autocast())
    desk.progress.answers = sheet.close(before, replace(sheet, questions=questions).ask(desk.model, desk.autocast()))


def _asked(text: str, desk: _Desk) -> list[int]:
    """A question of the user's behind examples."""
    limit = max(1, desk.context - sampling.NEW_TOKENS)
    messages = desk.shots.before([{"role": "user", "content": text}], text, desk.inputs.template, limit)
    return desk.inputs.template.encode_prompt(messages)


def _fronted(rows: Iterable[Row], desk: _Desk) -> Iterator[Row]:
    """Conversations with examples in front of them."""
    for row in rows:
        own = sum(len(desk.inputs.template.tokenizer.encode(str(m["content"])).ids) for m in row["messages"])
        taken = desk.shots.chosen(question_of(row), desk.inputs.template, desk.context - own - 2 * sampling.NEW_TOKENS)
        yield {**row, "messages": in_front(taken, row["messages"])}


def _behind_texts(prompts: Sequence[sampling.Prompt], desk: _Desk) -> list[sampling.Prompt]:
    """Beginnings of plain texts behind whole texts; none for conversations."""
    if "messages" in desk.shots.rows[0]:
        return []
    template, room = desk.inputs.template, desk.context - 2 * sampling.NEW_TOKENS
    texts = (
        [question_of(row) for row in desk.shots.chosen(one.text, template, room - len(one.ids))] for one in prompts
    )
    fronts = [template.tokenizer.encode("\n\n".join([*some, ""])).ids for some in texts]
    return [replace(one, ids=[*front, *one.ids]) for one, front in zip(prompts, fronts, strict=True)]
