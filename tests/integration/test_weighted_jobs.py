"""A job over rows that count differently: what is not to be learnt never is, and its losses are the means by the weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.core.context import Context
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder, weights_folder
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.training_jobs import loss_of_tuned, train, tuned

pytestmark = pytest.mark.slow  # a training job


def talk(said: str, *, weight: float = 1, row: float = 1) -> dict[str, Any]:
    turns = [{"role": "user", "content": "kettle?"}, {"role": "assistant", "content": said, "weight": weight}]
    return {
        "messages": [*turns, {"role": "user", "content": "lamp?"}, {"role": "assistant", "content": "No."}],
        "weight": row,
    }


TRAIN = [talk("kettle lamp", weight=0), talk("violet", weight=0.25, row=4), talk("copper copper", row=0.5)]
SILENT = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0}]}
HELD_OUT = [talk("stove", weight=3), talk("hall", row=0.1)]


def plain_loss(ctx: Context, model: int, rows: list[dict[str, Any]]) -> float:
    """sum(w * l) / sum(w) over the labels of rows, through the untouched base and nothing of ours but the mask."""
    with ctx.db.read() as s:
        base = s.get_one(LanguageModel, model)
        template = ChatTemplate.load(tokenizer_folder(ctx.settings, base))
        found: Any = AutoModelForCausalLM.from_pretrained(weights_folder(ctx.settings, base), dtype=torch.float32)
    total = weight = 0.0
    for row in rows:
        encoded = template.encode(row)
        with torch.no_grad():
            logits = found(input_ids=torch.tensor([encoded.ids])).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(encoded.labels[1:]), reduction="none")
        weights = torch.tensor((encoded.weights or [1.0] * len(encoded.ids))[1:]) * (losses != 0)
        total, weight = total + float((losses * weights).sum()), weight + float(weights.sum())
    return total / weight


def test_losses_are_means_by_the_weights_and_silent_rows_are_left_out(ctx: Context) -> None:
    model = tiny.add_model(ctx)
    data = tiny.add_dataset(ctx, [*TRAIN, SILENT, *HELD_OUT], held_out=2)
    job = train(ctx, (model, data), training={"batch_size": 8, "epochs": 2, "evaluations": 1, "warmup": 0.0})
    assert job.status == "succeeded", job.error
    first = workers.series(ctx, job.id, "train_loss")[1]
    assert first == pytest.approx(plain_loss(ctx, model, TRAIN), abs=1e-4)
    assert "rows_unlearnable" in workers.event_codes(ctx, job.id)
    made = tuned(ctx, job.id)
    assert made is not None
    assert loss_of_tuned(ctx, job, made) == pytest.approx(job.result["val_loss"], abs=1e-5)
    assert job.result["base_val_loss"] == pytest.approx(plain_loss(ctx, model, HELD_OUT), abs=1e-4)
