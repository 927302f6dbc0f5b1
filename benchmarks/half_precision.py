"""What half precision costs a base of 4 bits, measured on a small model: `python -m benchmarks.half_precision FOLDER`.

The same folder is read as it is (fp32), in 4 bits with everything else in fp32, and in 4 bits as GPUs train it: embeddings,
head and all that is given on in bf16. On text that nobody trained on: the loss, and how far the words' probabilities are from
those of the model as it is (Kullback-Leibler, nats a token). Then a few steps of LoRA from the same start, on the same text.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.core.hardware import Precision, cpu
from engine.core.params import read_all
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.objectives import usual_objective
from engine.training.forward.half_precision import compute_in, settle_in
from engine.training.loop.weights import DTYPES, load_base

ROOT = Path(__file__).resolve().parents[1]
_LENGTH = 64
WAYS = (("none", "fp32"), ("nf4", "fp32"), ("nf4", "bf16"))  # how the base is held, and calculated with


@dataclass(frozen=True)
class Found:
    """What one way gives: loss before, distance from the model as it is, loss after the steps."""

    loss: float
    distance: float
    after: float
    seconds: float


def windows(tokenizer: Path, text: Path, count: int) -> Tensor:
    """So many pieces of a text, as tokens."""
    ids = Tokenizer.from_file(str(tokenizer)).encode(text.read_text(encoding="utf-8")).ids
    return torch.tensor(ids[: count * _LENGTH]).view(-1, _LENGTH)


def model_of(folder: Path, held: str, precision: str, scratch: Path) -> Any:
    """The base with LoRA on it, as a job has it; before the first step it is the base."""
    method = method_of("lora")
    values = read_all(method.params, {}, "method")[0]
    training = read_all(usual_objective().params_for(method.defaults), {"quantisation": held}, "training")[0]
    torch.manual_seed(0)
    base = load_base(folder, method, training, cpu(), Precision(precision, ""))  # type: ignore[arg-type]
    compute_in(base, DTYPES[precision], quantised=held != WAYS[0][0])
    torch.manual_seed(0)
    model = method.apply(base, values, RunContext(100, training, scratch))
    settle_in(model, DTYPES[precision])
    return model


@contextmanager
def as_on_gpus(precision: str) -> Iterator[None]:
    """Autocast, which adapters on quantised modules look for on GPUs alone."""
    asked = torch.is_autocast_enabled
    torch.is_autocast_enabled = lambda device="cpu": bool(asked(device))
    context: AbstractContextManager[Any] = (
        nullcontext() if precision == WAYS[0][1] else torch.autocast("cpu", DTYPES[precision])
    )
    try:
        with context:
            yield
    finally:
        torch.is_autocast_enabled = asked


def scores(model: Any, rows: Tensor, precision: str) -> Tensor:
    """Log probabilities of all words at all places but the last."""
    with torch.no_grad(), as_on_gpus(precision):
        parts = [model(input_ids=row[None], use_cache=False).logits[0, :-1].float() for row in rows]
    return torch.log_softmax(torch.stack(parts), -1)


def loss_of(found: Tensor, rows: Tensor) -> float:
    """Mean loss of the words that came."""
    return float(-found.gather(-1, rows[:, 1:, None]).mean())


def learn(model: Any, rows: Tensor, steps: int, precision: str) -> None:
    """Steps over the pieces in turn, two at a time."""
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.0)
    model.train()
    for step in range(steps):
        part = rows[[(2 * step) % len(rows), (2 * step + 1) % len(rows)]]
        with as_on_gpus(precision):
            logits = model(input_ids=part, use_cache=False).logits[:, :-1].float()
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def compare(folder: Path, text: Path, new: Path, steps: int, scratch: Path, count: int = 8) -> dict[str, Found]:
    """Each way's numbers, by "held, precision".

    Args:
        text: that is learnt.
        new: that nobody trained on.
        steps: of LoRA.
        count: pieces of the new text; twice as many of the other.
    """
    tokenizer = folder / "tokenizer.json"
    seen, unseen = windows(tokenizer, text, 2 * count), windows(tokenizer, new, count)
    found: dict[str, Found] = {}
    exact: Tensor | None = None
    for held, precision in WAYS:
        began = time.monotonic()
        model = model_of(folder, held, precision, scratch).eval()
        before = scores(model, unseen, precision)
        exact = before if exact is None else exact
        distance = float((exact.exp() * (exact - before)).sum(-1).mean())
        learn(model, seen, steps, precision)
        after = loss_of(scores(model, unseen, precision), unseen)
        found[f"{held}, {precision}"] = Found(loss_of(before, unseen), distance, after, time.monotonic() - began)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="of a model, such as a home's models/1/weights")
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    docs = ROOT / "docs"
    found = compare(options.folder, docs / "guide.md", docs / "data.md", options.steps, ROOT / "build")
    print("| Base | Loss before | Distance from the model as it is | Loss after | Took |")
    print("|---|---:|---:|---:|---:|")
    for name, one in found.items():
        print(f"| {name} | {one.loss:.4f} | {one.distance:.5f} | {one.after:.4f} | {one.seconds:.0f} s |")


if __name__ == "__main__":
    main()
