"""How far the tuned model is from what it was in training, where its base was quantised then: exports stand on the base in full precision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.exports.proof.measures import divergence, log_softmax
from engine.models.base.download_progress import ByteProgress
from engine.models.tuned.results import kind_of
from engine.serving.runtime.loading import load_adapter, load_model
from engine.serving.scored_texts import spec_of
from storage.tables import TunedModel

TRAINED = "trained_on.json"  # in the truth's folder
_ROWS = 8


def write_trained(tuned: TunedModel, result: Path, weights: Path, truth: Path, progress: ByteProgress) -> None:
    """Put an adapter on its base as training held it, and note beside the truth how far apart both are. Raises Cancelled."""
    try:
        held = base_format(spec_of(tuned).get("training", {}))
    except Fault:  # a format that this version does not have
        return
    if held.packing is None or kind_of(result) != "adapter":
        return
    model = load_adapter(load_model(weights, held.key, "cpu"), result, "tuned")
    told = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    logits = load_file(truth / "logits.safetensors")
    apart: list[Any] = []
    same: list[Any] = []
    for number, row in enumerate(told["rows"][:_ROWS]):
        progress.more(0)
        expected, found = log_softmax(logits[str(number)]), log_softmax(_logits(model, row))
        apart.append(divergence(expected, found))
        same.append(expected.argmax(-1) == found.argmax(-1))
    measured = {
        "trained_format": held.key,
        "trained_divergence": float(np.concatenate(apart).mean()),
        "trained_agreement": float(np.concatenate(same).mean()),
    }
    (truth / TRAINED).write_text(json.dumps(measured, ensure_ascii=False), encoding="utf-8")


def read_trained(truth: Path | None) -> dict[str, Any]:
    """{"trained_format", "trained_divergence", "trained_agreement"}, where that was measured; else nothing."""
    file = truth / TRAINED if truth else None
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file and file.is_file() else {}


@torch.inference_mode()
def _logits(model: Any, row: dict[str, Any]) -> Any:
    ids = row["ids"][: row["first"] + row["kept"]]
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, row["first"] :].float().numpy()
