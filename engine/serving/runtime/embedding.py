"""Texts as vectors: the mean of the states that the last layer leaves of a text's tokens, of length 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from engine.core.errors import Fault
from engine.serving.protocol import Request
from engine.serving.runtime.adapted_model import AdaptedModel

Emit = Callable[[dict[str, Any]], None]


@torch.inference_mode()
def embed(request: Request, adapted_models: dict[str, AdaptedModel], stopped: Callable[[], bool], emit: Emit) -> None:
    """Read every text of `request`; emits {"event": "embedded", "place", "vector"} for each, until a stop comes.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for, "chat.not_finite".
    """
    for place, one in enumerate(request.embeds):
        if stopped():
            return
        vector = mean_state(adapted_models[one.weights], one.ids)
        emit({"event": "embedded", "place": place, "vector": vector.tolist()})


def mean_state(adapted: AdaptedModel, ids: tuple[int, ...]) -> torch.Tensor:
    """The vector of one text, which is read alone: others beside it would change its last digits.

    Raises:
        Fault: "chat.beyond" or "chat.not_finite".
    """
    shared = adapted.shared_base
    if max(ids) >= shared.rows:
        raise Fault("chat.beyond", token=max(ids), rows=shared.rows)
    inputs, _count = shared.begin(adapted.key, torch.tensor([ids], device=shared.device))
    made = shared.forward([adapted.key], **inputs, output_hidden_states=True, **shared.inputs.last_only)
    mean = made.hidden_states[-1][0, -len(ids) :].float().mean(dim=0).cpu()  # what stands before them is no text
    if not torch.isfinite(mean).all():
        raise Fault("chat.not_finite")
    return torch.nn.functional.normalize(mean, dim=0)
