"""Answers to held-out questions before and after training, for jobs that want them scored."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch

from engine.core.hardware import Device, Precision
from engine.devices import kind_of
from engine.evaluation.answers import AnswerSheet, Tell
from engine.evaluation.sampling import Autocast
from engine.jobs.reporter import Reporter
from engine.training.limits.limits import out_of_memory
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.inputs import Inputs

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def sheet_of(inputs: Inputs, reporter: Reporter) -> AnswerSheet | None:
    """The questions that this job answers; None where it scores none."""
    if not inputs.questions:
        return None
    context = inputs.base.context_length or int(inputs.spec.training["max_length"])
    return AnswerSheet(reporter, inputs.template, inputs.questions, context)


def autocast_of(device: Device, precision: Precision) -> AbstractContextManager[Any]:
    """The job's precision, before there is a trainer."""
    dtype = _DTYPES.get(precision.dtype)
    return nullcontext() if dtype is None else torch.autocast(kind_of(device).torch_type, dtype)


def answer_as_base(inputs: Inputs, sheet: AnswerSheet, base: Any, progress: TrainingProgress) -> None:
    """The untouched base's answers. Some methods change the model as soon as they are applied, so this comes first."""
    began = time.monotonic()
    progress.base_answers = _asked(sheet, base, partial(autocast_of, inputs.device, inputs.precision), step=0)
    progress.answer_seconds = time.monotonic() - began


def score_result(sheet: AnswerSheet, model: Any, progress: TrainingProgress, autocast: Autocast, tell: Tell) -> None:
    """The tuned model's answers and scores, into `progress`. `tell` hears which share of the questions is answered."""
    progress.answers = sheet.close(progress.base_answers, _asked(sheet, model, autocast, progress.step, tell))


def _asked(
    sheet: AnswerSheet, model: Any, autocast: Autocast, step: int, tell: Tell = lambda _share: None
) -> list[str] | None:
    """The answers; None where memory does not suffice for them: they never cost the job its end."""
    try:
        return sheet.ask(model, autocast, tell)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    sheet.reporter.event("warning", "scoring_left_out", step=step)
    return None
