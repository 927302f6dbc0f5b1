"""What formats of trained weights and of the optimizer's state cost in quality: `python -m benchmarks.updates FOLDER`.

The starter model (its folder holds `weights` and `tokenizer`) is fully trained on rows of the built-in English sample,
once for each way to update it, with the same rows in the same order. Passes are calculated in fp32 with the values that are
held, as processors are slow in bf16; gradients are brought into the format of the weights. The last column is
the loss on the rest of the rows. Plain bf16 is no setting: it shows what stochastic rounding is for.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.core.hardware import Precision, cpu
from engine.core.params import read_all
from engine.data.templates.template import ChatTemplate
from engine.methods.full import FULL
from engine.objectives import usual_objective
from engine.optimizers import optimizer_of
from engine.optimizers.trained_format import trained_format
from engine.training.batches.examples import Examples, load_examples
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Padded
from engine.training.loop.weights import load_base
from engine.training.updates.choice import updating

ROWS = Path(__file__).resolve().parents[1] / "engine" / "data" / "samples" / "en.jsonl"


@dataclass(frozen=True)
class Way:
    """One way to update weights."""

    label: str
    optimizer: str = "adamw_torch_fused"
    trained_format: str = "fp32"
    rounded: bool = True  # False: bf16 without stochastic rounding


WAYS = (
    Way("fp32, AdamW"),
    Way("fp32, AdamW 8 bits", "adamw_8bit"),
    Way("bf16 rounded to the nearest, AdamW", trained_format="bf16", rounded=False),
    Way("bf16 alone, AdamW", trained_format="bf16"),
    Way("bf16 alone, AdamW 8 bits", "adamw_8bit", "bf16"),
)


def settings_of(way: Way, rate: float) -> dict[str, Any]:
    """The objective's settings for a way."""
    chosen = {"optimizer": way.optimizer, "trained_format": way.trained_format, "learning_rate": rate}
    return read_all(usual_objective().params_for(FULL.defaults), chosen, "training")[0]


def examples_of(folder: Path, held_out: int) -> Examples:
    """The sample's rows as examples; the last ones are held out."""
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    split = [
        {
            "messages": [
                {"role": "user", "content": row["instruction"]},
                {"role": "assistant", "content": row["output"]},
            ],
            "split": "train" if i < len(rows) - held_out else "val",
        }
        for i, row in enumerate(rows)
    ]
    scratch = Path(tempfile.mkdtemp())
    return load_examples(
        split, ChatTemplate.load(folder / "tokenizer"), usual_objective(), settings_of(WAYS[0], 1e-5), scratch
    )


def loss_of(model: nn.Module, group: Sequence[Example]) -> Any:
    """Mean loss over the label tokens."""
    return Padded(model).cross_entropy(list(group)) / sum(one.trained for one in group)


def held_out_loss(model: nn.Module, rows: Sequence[Example]) -> float:
    """The same over many rows, a few at a time."""
    with torch.no_grad():
        weights = [sum(one.trained for one in rows[i : i + 8]) for i in range(0, len(rows), 8)]
        losses = [float(loss_of(model, rows[i : i + 8])) for i in range(0, len(rows), 8)]
    return sum(loss * weight for loss, weight in zip(losses, weights, strict=True)) / sum(weights)


def trained(folder: Path, way: Way, examples: Examples, rate: float, steps: int, batch: int) -> float:
    """The loss on held-out rows afterwards; before, where there are no steps."""
    training = settings_of(way, rate)
    torch.manual_seed(42)
    model = load_base(folder / "weights", FULL, settings_of(WAYS[0], rate), cpu(), Precision("fp32", ""))
    half = trained_format(training).rounded
    held = [nn.Parameter(one.detach().bfloat16()) if half else one for one in model.parameters()]
    chosen, options = optimizer_of(way.optimizer).make()
    plain = chosen(held, **{"lr": rate, "weight_decay": 0.0, **options})  # type: ignore[call-arg]
    optimizer = updating(plain, training) if way.rounded else plain
    for step in range(steps):
        _copy(held, list(model.parameters()))
        loss_of(model, examples.train[step * batch : (step + 1) * batch]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for own, one in zip(held, model.parameters(), strict=True):
            own.grad = one.grad.to(own.dtype) if one.grad is not None else None
        optimizer.step()
        optimizer.zero_grad()
        model.zero_grad()
    _copy(held, list(model.parameters()))
    return held_out_loss(model, examples.val[:])


@torch.no_grad()
def _copy(held: Sequence[nn.Parameter], used: Sequence[nn.Parameter]) -> None:
    """What is calculated with has the values that are held."""
    for own, one in zip(held, used, strict=True):
        if own is not one:
            one.copy_(own)


def main() -> None:
    """Train each way and print its line as soon as it is known."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the starter model's: home/models/1")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--held-out", type=int, default=24, help="rows that are scored")
    parser.add_argument("--rate", type=float, action="append")
    options = parser.parse_args()
    examples = examples_of(options.folder, options.held_out)
    print(f"Loss before: {trained(options.folder, WAYS[0], examples, 0.0, 0, 1):.4f}")
    print("| Learning rate | Weights and state | Loss afterwards |\n|---:|---|---:|", flush=True)
    for rate in options.rate or [1e-5, 5e-5]:
        for way in WAYS:
            began = time.monotonic()
            after = trained(options.folder, way, examples, rate, options.steps, options.batch)
            took = time.monotonic() - began
            print(f"| {rate:g} | {way.label} | {after:.4f} | <!-- {took:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
