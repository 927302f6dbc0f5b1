"""Makes every form of export of the starter and of families of the zoo, and writes what their foreign readers find into docs/export.md.

    python -m benchmarks.exports                     # everything: half an hour on 2 cores
    python -m benchmarks.exports --only starter
    python -m benchmarks.exports --only llama-3 --only gemma-3

Each model learns a lesson of short answers by LoRA, the first also by training some and all of its weights, in a home that is thrown
away; then one job makes all forms of the result. The numbers lie in docs/exports.json; `python -m engine.commands.document` writes the
page of them. The starter is made in every setting of every form, the others with the usual ones.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.commands.documents.proofs import RESULTS, read_proofs
from engine.core.context import Context
from engine.exports import format_of, offered
from engine.exports.common.declaration import ExportFormat
from engine.methods import method_of
from engine.services.models import base_models
from engine.services.models import tuned as service
from tests import tiny, training_jobs, workers
from tests.homes import new_home
from tests.zoo import lessons, named
from tests.zoo.keeper import ZooKeeper

STARTER = "starter"
FAMILIES = (
    "llama-3", "qwen-2.5", "qwen-3", "gemma-3", "phi-3", "mistral", "gpt-2", "smollm-3", "mixtral", "llama-2",
)  # fmt: skip
OTHER_RESULTS = ("freeze", "full")  # methods whose results have forms of their own; on one model
TRAINING = {"epochs": 6, "batch_size": 8, "evaluations": 1, "learning_rate": 1e-3}
STARTER_EPOCHS = 4
LEFT_OUT = ("rows", "answers", "limits", "weights_hash", "base_weights_hash", "numbers", "stored_bytes_by_dtype")


def variants(form: ExportFormat) -> Iterator[dict[str, Any]]:
    """The usual settings, and each other choice of each of them."""
    usual = {param.key: param.default for param in form.params}
    yield usual
    for param in form.params:
        for choice in param.choices or ():
            if choice != param.default:
                yield usual | {param.key: choice}


def train(ctx: Context, base: int, dataset: int, method: str, training: Mapping[str, Any]) -> int:
    """The id of what the method makes of the lesson."""
    workers.queue(ctx, base, dataset, method=method, training=dict(training))
    job = workers.run_here(ctx)
    made = training_jobs.tuned(ctx, job.id)
    if made is None:
        raise SystemExit(f"{method}: {job.error}")
    return made.id


def take(ctx: Context, tuned: int, method: str, every: bool) -> Iterator[dict[str, Any]]:
    """What the job's result says of each form, in few words."""
    view = service.tuned_view(ctx, tuned)
    forms = [
        {"format": form.key, "params": values}
        for form in offered(method_of(method), view["format"])
        for values in (variants(form) if every else [{param.key: param.default for param in form.params}])
    ]
    started = time.monotonic()
    service.make_export(ctx, tuned, forms, "zip")
    job = workers.run_here(ctx)
    seconds = time.monotonic() - started
    for made in (job.result or {"files": [form | {"error": job.error, "proof": None} for form in forms]})["files"]:
        form = format_of(made["format"])
        proof = {key: value for key, value in (made["proof"] or {}).items() if key not in LEFT_OUT}
        yield {
            "method": method, "format": form.key, "setting": form.name_part(made["params"]), "bytes": made.get("bytes"),
            "error": made["error"], "proof": proof, "job_seconds": round(seconds), "job_forms": len(forms),
        }  # fmt: skip
        print(f"  {method:8} {form.key:10} {form.name_part(made['params']):8} {made['error'] or proof.get('divergence')}", flush=True)  # fmt: skip


def starter(ctx: Context) -> tuple[int, int]:
    """Base and lesson: every word once for learning, once held out."""
    base = base_models.ensure_starter(ctx, say=lambda _view: None)
    rows = [{"messages": turns} for word in tiny.WORDS for turns in (lessons.turns(word, new=True),)]
    return base, tiny.add_dataset(ctx, [*rows * 2, *rows], held_out=len(rows), name="Colours")


def of_zoo(ctx: Context, zoo: ZooKeeper, key: str) -> tuple[int, int]:
    """Base and lesson of a taught model of the zoo."""
    rows = [*lessons.rows(new=True) * 6, *lessons.rows(new=True)]
    return zoo.add_to(ctx, key, taught=True), tiny.add_dataset(ctx, rows, held_out=len(lessons.WORDS), name="Colours")


def tried(key: str, zoo: ZooKeeper, folder: Path) -> dict[str, Any]:
    """All that is found of one model."""
    given = os.environ.get("TUNESMITH_STARTER_FROM", "")
    ctx = new_home(folder / key, **({"starter_from": Path(given)} if given and key == STARTER else {}))
    try:
        base, dataset = starter(ctx) if key == STARTER else of_zoo(ctx, zoo, key)
        methods = ("lora", *(OTHER_RESULTS if key == FAMILIES[0] else ()))
        training = TRAINING | ({"epochs": STARTER_EPOCHS} if key == STARTER else {})
        found: list[dict[str, Any]] = []
        for method in methods:
            print(f"{key}: {method}", flush=True)
            found += take(ctx, train(ctx, base, dataset, method, training), method, key == STARTER)
    finally:
        ctx.db.close()
    known = None if key == STARTER else named(key)
    return {
        "family": known.family if known else "llama", "likeness": known.likeness if known else "", "exports": found,
    }  # fmt: skip


def main() -> None:
    """Try the models that are asked for and put what is found in the place of what is known of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=(STARTER, *FAMILIES))
    asked = parser.parse_args().only or [STARTER, *FAMILIES]
    with tempfile.TemporaryDirectory() as folder:
        zoo = ZooKeeper(Path(folder) / "zoo")
        for key in asked:
            told = tried(key, zoo, Path(folder))
            known = read_proofs() | {key: told}
            kept = {one: known[one] for one in (STARTER, *FAMILIES) if one in known}
            RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
