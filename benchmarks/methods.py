"""Every method on the same lesson: `python -m benchmarks.methods` trains each on the built-in English sample with the starter model.

Real jobs in real worker processes, all with the same examples in the same order and the same number of steps, and each with
its own method's defaults otherwise. Results are kept in build/methods-benchmark.json, so the table can be made in pieces:
what is there is not trained again, unless --again is given. The table goes into docs/methods.md between its two markers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.context import Context, open_context
from engine.core.params import read_all
from engine.core.process import new_nonce, this_boot
from engine.core.settings import Settings
from engine.core.sizes import memory_size
from engine.core.text import FALLBACK
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.services.data import datasets
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.services.planning import estimates
from storage.queries import base_models as models
from storage.queries.jobs import claim_next
from storage.queries.tuned_models import get_tuned

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "methods-benchmark.json"
PAGE = ROOT / "docs" / "methods.md"
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
_STARTER = ROOT / "build" / "starter-home" / "models"
_HEADS = (
    "Method", "Trained", "Changed", "Rank", "Validation loss", "Tokens/s", "Peak memory", "On disk", "Time",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A method or one of its variants."""

    method: Method
    key: str
    label: str
    values: dict[str, Any]
    training: dict[str, Any]


def entries() -> list[Entry]:
    """Everything that can be compared, variants after their method."""
    found = []
    for method in METHODS:
        found.append(Entry(method, method.key, method.label.in_(FALLBACK), {}, {}))
        for variant in method.variants:
            key = f"{method.key}-{variant.key}"
            found.append(Entry(method, key, variant.label.in_(FALLBACK), dict(variant.values), dict(variant.training)))
    return found


# ---------------------------------------------------------------- running


def home() -> Context:
    """A home of its own, with the starter model that tests have prepared, where there is one."""
    prepared = os.environ.get("TUNESMITH_STARTER_FROM") or next((str(p) for p in sorted(_STARTER.glob("*"))), None)
    starter = Path(prepared) if prepared else None
    return open_context(Settings(home=ROOT / "build" / "methods-home", starter_from=starter), upgrade=True)


def train(ctx: Context, model_id: int, dataset_id: int, entry: Entry, epochs: float, threads: int) -> dict[str, Any]:
    """One job from its spec to its end: the row of the table, or {"error"}."""
    spec = {
        "name": entry.label,
        "base_model": model_id,
        "dataset": dataset_id,
        "method": entry.method.key,
        "method_params": entry.values,
        "training": entry.training | {"epochs": epochs, "evaluations": 1, "keep_checkpoints": 1},
        "budget": {"device": "cpu"},
    }
    lifecycle.start_job(ctx, spec, key=uuid.uuid4().hex)
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
    assert claimed is not None
    began = time.monotonic()
    environment = os.environ | ctx.settings.child_environment() | {"OMP_NUM_THREADS": str(threads)}
    subprocess.run(
        [sys.executable, "-m", "engine.jobs.worker", *map(str, claimed)], cwd=ROOT, env=environment, check=True
    )
    job = lifecycle.job_view(ctx, claimed[0])
    if job["status"] != "succeeded":
        return {"error": job["error"]}
    plan = estimates.plan(ctx, spec)
    with ctx.db.read() as s:
        tuned = get_tuned(s, job["tuned_id"])
        assert tuned is not None
        stored = tuned.bytes
    seconds = round(time.monotonic() - began)
    declared = {"planned_mb": plan["memory"]["total_mb"], "trained": plan["trainable"]}
    return {**job["result"], **declared, "epochs": epochs, "bytes": stored, "seconds": seconds}


# ---------------------------------------------------------------- the table


def table(shape: ModelShape, kept: dict[str, dict[str, Any]]) -> str:
    """The results so far, in Markdown."""
    rows = [_row(entry, shape, kept[entry.key]) for entry in entries() if entry.key in kept]
    lines = [_HEADS, ("---", *["---:"] * (len(_HEADS) - 1)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(entry: Entry, shape: ModelShape, result: dict[str, Any]) -> tuple[str, ...]:
    if "error" in result:
        return (entry.label, *[""] * (len(_HEADS) - 3), "", f"did not run: {result['error']}")
    values, _faults = read_all(entry.method.params, entry.values, "method")
    rank = entry.method.rank(shape, values)
    losses = [result.get("base_val_loss"), result.get("val_loss")]
    return (
        entry.label,
        _count(entry.method.trainable(shape, values)),
        _count(entry.method.changed(shape, values)),
        "–" if rank is None else str(rank),
        " → ".join("–" if loss is None else f"{loss:.3f}" for loss in losses),
        "–" if not result.get("tokens_per_s") else f"{result['tokens_per_s']:.0f}",
        f"{memory_size(result['peak_memory_mb'])} (planned {memory_size(result['planned_mb'])})",
        f"{result['bytes'] / 1e6:,.2f} MB",
        f"{result['seconds']} s",
    )


def _count(number: int) -> str:
    return f"{number:,}"


def write_page(text: str, budget: str) -> None:
    """Put the table between the page's markers."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _old, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{budget}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _budget(kept: dict[str, dict[str, Any]]) -> str:
    ran = [result for result in kept.values() if "error" not in result]
    epochs = ", ".join(sorted({f"{result['epochs']:g}" for result in ran}))
    tokens = max((result["tokens"] for result in ran), default=0)
    return f"Epochs: {epochs}; {tokens:,} tokens at most; one processor, no GPU."


def main() -> None:
    """Train what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--only", help="keys, separated by commas: lora,lora-dora,ia3")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="train also what has a result already")
    options = parser.parse_args()
    ctx = home()
    dataset_id = datasets.ensure_sample(ctx, "en")
    model_id = base_models.ensure_starter(ctx, say=lambda _view: None)
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    wanted = options.only.split(",") if options.only else [entry.key for entry in entries()]
    for entry in entries():
        if entry.key in wanted and (options.again or entry.key not in kept):
            kept[entry.key] = train(ctx, model_id, dataset_id, entry, options.epochs, options.threads)
            KEPT.write_text(json.dumps(kept, indent=1))
            print(entry.key, kept[entry.key], flush=True)
    with ctx.db.read() as s:
        model = models.get_model(s, model_id)
        assert model is not None
        shape = shape_of(model.config, model.parameters)
    write_page(table(shape, kept), _budget(kept))


if __name__ == "__main__":
    main()
