"""Several sides answer at the same time: each prompt is read alone, then tokens come in one batch or in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Request
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.serving.runtime.answer_row import AnswerRow
from engine.serving.runtime.decode_batch import DecodeBatch, join, prefill

_EMIT_SECONDS = 0.05
Emit = Callable[[dict[str, Any]], None]


@torch.inference_mode()
def generate(
    request: Request,
    adapted_models: dict[str, AdaptedModel],
    template: ChatTemplate,
    stopped: Callable[[], bool],
    emit: Emit,
    side_stopped: Callable[[str], bool] = lambda _side: False,
) -> None:
    """Answer every side of `request`; emits the text so far of each and, at its end, its outcome.

    Args:
        stopped: whether all sides are to end.
        side_stopped: whether this side alone is to end.
    """
    started = time.monotonic()
    rows = [
        AnswerRow(ask, adapted_models[ask.weights], request, torch.Generator().manual_seed(ask.seed), started)
        for ask in request.asks
    ]
    for row in rows:
        row.halted = partial(side_stopped, row.ask.side)
    speaker = _Speaker(template, emit)
    batches: list[DecodeBatch] = []
    for row in rows:
        batch = prefill(row, stopped)
        if batch is None:
            row.reason = "stopped"
        speaker.say([row])
        if batch is not None and row.reason is None:
            batches.append(batch)
    batches = join(batches)
    while batches:
        if stopped():
            for row in (row for batch in batches for row in batch.rows):
                row.reason = "stopped"
                speaker.say([row])
            for batch in batches:
                batch.keep(range(len(batch.rows)))
            return
        for batch in batches:
            taken = list(batch.rows)
            batch.step()
            speaker.say(taken)
        batches = [batch for batch in batches if batch.rows]


class _Speaker:
    """Sends what is new, a few times a second."""

    def __init__(self, template: ChatTemplate, emit: Emit) -> None:
        self._template, self._emit = template, emit

    def say(self, rows: Sequence[AnswerRow]) -> None:
        now = time.monotonic()
        for row in rows:
            if row.reason is not None:
                self._emit(row.outcome(self._template))
            elif now - row.emitted_at >= _EMIT_SECONDS:
                row.emitted_at = now
                text = row.text(self._template)
                self._emit({"event": "text", "side": row.ask.side, "text": text, "tokens": len(row.tokens)})
