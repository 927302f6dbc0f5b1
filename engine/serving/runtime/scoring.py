"""Reward models score texts: one number for each, read by the model's head from the state of the text's last token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Fault
from engine.serving.protocol import Request, Weights
from engine.serving.runtime.adapted_model import AdaptedModel
from engine.training.heads.scalar import ScalarHead, load_head

_TOKENS = 2048  # of a batch, padding included
Emit = Callable[[dict[str, Any]], None]


def score(request: Request, adapted_models: dict[str, AdaptedModel], stopped: Callable[[], bool], emit: Emit) -> None:
    """Score every text of `request`; emits {"event": "scores", "places", "scores"} a batch at a time.

    Raises:
        Fault: "reward.no_head", "chat.beyond".
    """
    for key in dict.fromkeys(one.weights for one in request.scores):
        folder = next(weights for weights in request.plan.tuned if weights.key == key)
        head = _head(folder, adapted_models[key])
        places = [place for place, one in enumerate(request.scores) if one.weights == key]
        texts = [request.scores[place].ids for place in places]
        for some, found in scored(adapted_models[key], head, texts):
            emit({"event": "scores", "places": [places[one] for one in some], "scores": found})
            if stopped():
                return


def _head(weights: Weights, adapted: AdaptedModel) -> ScalarHead:
    return load_head(Path(weights.path)).to(adapted.shared_base.device)


@torch.inference_mode()
def scored(
    adapted: AdaptedModel, head: ScalarHead, texts: Sequence[Sequence[int]], most: int = _TOKENS
) -> Iterator[tuple[list[int], list[float]]]:
    """Places of some texts and their scores, batch by batch, texts of like length together.

    Args:
        most: tokens of a batch, padding included.

    Raises:
        Fault: "chat.beyond" for a token that the model has no row for.
    """
    shared = adapted.shared_base
    for ids in texts:
        if max(ids) >= shared.rows:
            raise Fault("chat.beyond", token=max(ids), rows=shared.rows)
    for places in _batches([len(ids) for ids in texts], most):
        states = _last_states(adapted, [texts[place] for place in places])
        yield places, head(states).tolist()


def _batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda one: lengths[one]):
        if batch and (len(batch) + 1) * lengths[place] > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _last_states(adapted: AdaptedModel, texts: Sequence[Sequence[int]]) -> torch.Tensor:
    """States of the last tokens, shape (texts, hidden size). Padding stands behind them, where no text reads it."""
    shared = adapted.shared_base
    width, device = max(map(len, texts)), shared.device
    ids = torch.zeros(len(texts), width, dtype=torch.long)
    mask = torch.zeros(len(texts), width, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = torch.tensor(text), 1
    inputs = {"input_ids": ids.to(device), "attention_mask": mask.to(device), "use_cache": False}
    made = shared.forward([adapted.key], **inputs, output_hidden_states=True, **shared.inputs.last_only)
    ends = torch.tensor([len(text) - 1 for text in texts], device=device)
    states: torch.Tensor = made.hidden_states[-1][torch.arange(len(texts), device=device), ends]
    return states
