"""Several sides answer at the same time: prompts are read, then tokens come in one batch or in turns."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import Request
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.serving.runtime.answer_row import AnswerRow
from engine.serving.runtime.decode_batch import DecodeBatch, join, prefill
from engine.serving.runtime.failed_sides import told
from engine.serving.runtime.reading import read_some
from engine.serving.runtime.stop_texts import StopTexts

log = logging.getLogger("tunesmith.inference")
_FAILS = (Fault, RuntimeError, ValueError, LookupError, MemoryError)  # of one side; a wish to cancel is none
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
    templates: Mapping[str, ChatTemplate] | None = None,
) -> None:
    """Answer every side of `request`; emits the text so far of each and, at its end, its outcome. A side that fails takes no other's.

    Args:
        stopped: whether all sides are to end.
        side_stopped: whether this side alone is to end.
        templates: of asks that name a tokenizer of their own, by that; `template` is everybody else's.
    """
    started = time.monotonic()
    rows = [
        AnswerRow(ask, adapted_models[ask.weights], request, torch.Generator().manual_seed(ask.seed), started)
        for ask in request.asks
    ]
    by_tokenizer = {"": template, **(templates or {})}
    for row in rows:
        row.halted = partial(side_stopped, row.ask.side)
        if request.shaping.stop:
            row.stops = StopTexts(by_tokenizer[row.ask.tokenizer], request.shaping)
    speaker = _Speaker(by_tokenizer, emit)
    batches, begun, alone = read_some(rows, stopped)
    speaker.say(begun)
    for row in alone:
        batch = _read(row, stopped)
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
            _step(batch)
            speaker.say(taken)
        batches = [batch for batch in batches if batch.rows]


def _read(row: AnswerRow, stopped: Callable[[], bool]) -> DecodeBatch | None:
    """A row's prompt and first token; None where a stop came first, or it cannot be read: then the row says why."""
    try:
        batch = prefill(row, stopped)
    except _FAILS as error:
        log.warning("%s cannot read its prompt", row.ask.side, exc_info=error)
        row.reason, row.error = "failed", told(error)
        return None
    if batch is None:
        row.reason = "stopped"
    return batch


def _step(batch: DecodeBatch) -> None:
    """One more token for each row of a batch; where that cannot be had, its rows end with the reason."""
    try:
        batch.step()
    except _FAILS as error:
        log.warning("%s cannot go on", ", ".join(row.ask.side for row in batch.rows), exc_info=error)
        for row in batch.rows:
            row.reason, row.error = row.reason or "failed", row.error or told(error)
        batch.rows = []


class _Speaker:
    """Sends what is new, a few times a second.

    Args:
        templates: by the tokenizer that an ask names; "": of the others.
    """

    def __init__(self, templates: Mapping[str, ChatTemplate], emit: Emit) -> None:
        self._templates, self._emit = templates, emit

    def say(self, rows: Sequence[AnswerRow]) -> None:
        now = time.monotonic()
        for row in rows:
            template = self._templates[row.ask.tokenizer]
            if row.reason is not None:
                self._emit(row.outcome(template))
            elif now - row.emitted_at >= _EMIT_SECONDS:
                row.emitted_at = now
                said = {"text": row.text(template), "tokens": len(row.tokens), "weights": row.weights}
                self._emit({"event": "text", "side": row.ask.side, **said, **row.new_worths()})
