"""Answers of others, read as if they were the model's own: what each of their tokens would have been worth to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from engine.core.errors import Fault
from engine.serving.protocol import Forced, Request
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.serving.runtime.token_worths import TokenWorths

_PROMPT_TOKENS = 1024  # read at once; between such pieces a stop is heard
_ANSWER_TOKENS = 64  # whose scores of the whole vocabulary are in memory at once
Emit = Callable[[dict[str, Any]], None]


@torch.inference_mode()
def force(request: Request, adapted_models: dict[str, AdaptedModel], stopped: Callable[[], bool], emit: Emit) -> None:
    """Read every forced answer of `request`; emits {"event": "forced", "place", "worths"} for each, until a stop comes.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for.
    """
    for place, one in enumerate(request.forced):
        worths = TokenWorths()
        tokens = one.ids[len(one.ids) - one.answer :]
        for token, scores in zip(tokens, scores_of(adapted_models[one.weights], one, stopped), strict=False):
            worths.note(scores, token, request.words)
        if stopped():
            return
        emit({"event": "forced", "place": place, "worths": worths.told()})


@torch.inference_mode()
def scores_of(adapted: AdaptedModel, forced: Forced, stopped: Callable[[], bool]) -> Iterator[torch.Tensor]:
    """The scores at the place of each token of the answer, fewer when a stop comes.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for.
    """
    shared, read = adapted.shared_base, forced.ids[:-1]
    if max(forced.ids, default=0) >= shared.rows:
        raise Fault("chat.beyond", token=max(forced.ids), rows=shared.rows)
    if not forced.answer:
        return
    if shared.pieces and shared.cached:
        first = len(forced.ids) - forced.answer - 1
        yield from _in_pieces(adapted, read[:first], read[first:], stopped)
        return
    inputs, _count = shared.begin(adapted.key, torch.tensor([read], device=shared.device))
    keep = dict.fromkeys(shared.inputs.last_only, forced.answer)
    yield from shared.forward([adapted.key], **inputs, **keep).logits[0, -forced.answer :]


def _in_pieces(
    adapted: AdaptedModel, before: Sequence[int], own: Sequence[int], stopped: Callable[[], bool]
) -> Iterator[torch.Tensor]:
    """The scores behind each token of `own`, which stand behind those `before`."""
    shared, key = adapted.shared_base, adapted.key
    cache, read = shared.open(key)
    pieces = [(piece, False) for piece in _pieces(before, _PROMPT_TOKENS, shared.device)]
    for piece, counts in [*pieces, *((piece, True) for piece in _pieces(own, _ANSWER_TOKENS, shared.device))]:
        if stopped():
            return
        keep = {} if counts else shared.inputs.last_only
        scores = shared.forward([key], **shared.inputs.of(piece, cache, read), **keep).logits[0]
        read += piece.shape[1]
        if counts:
            yield from scores


def _pieces(tokens: Sequence[int], length: int, device: Any) -> tuple[torch.Tensor, ...]:
    return torch.tensor([tokens], dtype=torch.long, device=device).split(length, dim=1) if tokens else ()
