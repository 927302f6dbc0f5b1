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


def sheet_of(inputs: Inputs, reporter: Reporter, asked: list[int] | None = None) -> AnswerSheet | None:
    """The questions that this job answers; None where it scores none.

    Args:
        asked: places of those that are left, where an earlier attempt had no time for all.
    """
    if not inputs.questions:
        return None
    context = inputs.base.context_length or int(inputs.spec.training["max_length"])
    sheet = AnswerSheet(reporter, inputs.template, inputs.questions, context)
    return sheet if asked is None else sheet.only(asked)


def autocast_of(device: Device, precision: Precision) -> AbstractContextManager[Any]:
    """The job's precision, before there is a trainer."""
    dtype = _DTYPES.get(precision.dtype)
    return nullcontext() if dtype is None else torch.autocast(kind_of(device).torch_type, dtype)


def answer_as_base(
    inputs: Inputs, sheet: AnswerSheet, base: Any, progress: TrainingProgress, seconds: float | None
) -> AnswerSheet:
    """The untouched base's answers. Some methods change the model as soon as they are applied, so this comes first.

    Args:
        seconds: that they may take; None without a limit of time.

    Returns:
        the questions that are scored: those that the base answered in time, or all of them where it answered none.
    """
    began = time.monotonic()
    autocast = partial(autocast_of, inputs.device, inputs.precision)
    told = _asked(sheet, base, autocast, 0, None if seconds is None else began + seconds)
    if not told:
        if told is not None:
            sheet.reporter.event("warning", "base_answers_left_out", step=0, total=len(sheet.questions))
        return sheet
    sheet, progress.asked = _fewer(sheet, told, 0)
    progress.base_answers = [told[place] for place in sorted(told)]
    progress.answer_seconds = time.monotonic() - began
    return sheet


def score_result(
    sheet: AnswerSheet,
    model: Any,
    progress: TrainingProgress,
    autocast: Autocast,
    tell: Tell,
    latest: float | None = None,
) -> None:
    """The tuned model's answers and scores, into `progress`. `tell` hears which share of the questions is answered.

    Args:
        latest: monotonic seconds at which they must be there; None without a limit of time.
    """
    told = _asked(sheet, model, autocast, progress.step, latest, tell)
    if not told:
        if told is not None:
            sheet.reporter.event("warning", "answers_left_out", step=progress.step, total=len(sheet.questions))
        return
    base = progress.base_answers
    before = None if base is None else [base[place] for place in sorted(told)]
    sheet, _places = _fewer(sheet, told, progress.step)
    progress.answers = sheet.close(before, [told[place] for place in sorted(told)])


def _fewer(sheet: AnswerSheet, told: dict[int, str], step: int) -> tuple[AnswerSheet, list[int] | None]:
    """The questions that are answered, and their places where those are not all."""
    total = len(sheet.questions)
    if len(told) == total:
        return sheet, None
    sheet.reporter.event("warning", "answers_in_time", step=step, used=len(told), total=total)
    return sheet.only(sorted(told)), sorted(told)


def _asked(
    sheet: AnswerSheet,
    model: Any,
    autocast: Autocast,
    step: int,
    latest: float | None,
    tell: Tell = lambda _share: None,
) -> dict[int, str] | None:
    """The answers by place; None where the user wants the end, or where memory does not suffice for them: they never cost
    the job its end."""
    try:
        return sheet.ask_until(model, autocast, latest, tell)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    sheet.reporter.event("warning", "scoring_left_out", step=step)
    return None
