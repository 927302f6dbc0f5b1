"""Planned against real time of jobs: `python -m benchmarks.time` measures the machine, plans a job, and runs it.

For each model and method, without any measured throughput: the plan of a short job, the probe, the plan again, and then the
job itself in a real worker, from its start to its end with loading, checks, answers and saving. Results are kept in
build/time-benchmark.json, so the table can be made in pieces; --again measures anew. The table goes into docs/planner.md
(and docs/zh/planner.md) between its markers. Nothing else should run meanwhile: the plan cannot know what comes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from engine.core.context import Context, open_context
from engine.core.process import new_nonce, this_boot
from engine.core.settings import Settings
from engine.jobs.progress import duration_of
from engine.methods import METHODS
from engine.services.data import datasets
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.services.planning import estimates, speed_probe
from storage.job_tables import Job
from storage.planning_tables import SpeedCorrection
from storage.queries.events import running_seconds
from storage.queries.jobs import claim_next
from tests import tiny

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "time-benchmark.json"
PAGES = {"en": ROOT / "docs" / "planner.md", "zh": ROOT / "docs" / "zh" / "planner.md"}
BEGIN, END = "<!-- time: begin -->", "<!-- time: end -->"
MODELS = ("starter", "tiny")
METHOD_KEYS = ("lora", "full", "prefix_tuning", "bitfit", "ia3")
_EPOCHS = {"starter": 1.0, "tiny": 4.0}
_HEADS = {
    "en": ("Model", "Method", "Planned before", "Planned after the speed probe", "Real", "After / real", "Probe took"),
    "zh": ("模型", "方法", "测速前的方案", "测速后的方案", "实际", "方案 / 实际", "测速用时"),
}
_WORST = {"en": "Largest difference after the probe: {worst:.0%}.", "zh": "实测后与实际的最大差别：{worst:.0%}。"}
_STARTER = ROOT / "build" / "starter-home" / "models"


def open_home() -> Context:
    """A home without any measured throughput, with the starter model that tests have prepared, where there is one."""
    home = ROOT / "build" / "time-home"
    shutil.rmtree(home, ignore_errors=True)
    prepared = os.environ.get("TUNESMITH_STARTER_FROM") or next((str(p) for p in sorted(_STARTER.glob("*"))), None)
    return open_context(Settings(home=home, starter_from=Path(prepared) if prepared else None), upgrade=True)


def inputs_of(ctx: Context, model: str) -> dict[str, int]:
    """The model and its data: the built-in sample for the starter, made-up words for the tiny one."""
    if model == "starter":
        model_id = base_models.ensure_starter(ctx, say=lambda _view: None)
        return {"base_model": model_id, "dataset": datasets.ensure_sample(ctx, "en")}
    return {"base_model": tiny.add_model(ctx), "dataset": tiny.add_dataset(ctx, tiny.chat_rows(400), held_out=40)}


def measure(ctx: Context, model: str, named: dict[str, int], method: str) -> dict[str, Any]:
    """One line of the table: seconds planned before and after the probe, and real."""
    raw = named | {
        "name": f"{model} {method}",
        "method": method,
        "training": {"epochs": _EPOCHS[model], "evaluations": 1},
        "budget": {"device": "cpu"},
    }
    with ctx.db.write() as s:
        s.execute(delete(SpeedCorrection))  # what another method told of the machine
    before = estimates.plan(ctx, raw)["time"]
    speed_probe.start_probe(ctx, raw)
    probe = work_next(ctx)
    after = estimates.plan(ctx, raw)["time"]
    lifecycle.start_job(ctx, raw, key=uuid.uuid4().hex)
    job = work_next(ctx)
    assert (before["source"], job.status, probe.error) == ("model", "succeeded", None), (job.error, probe.error)
    return {
        "before": before,
        "after": after,
        "real": seconds_of(ctx, job),
        "steps": job.result["training_s"],
        "probe": probe.result | {"job_s": seconds_of(ctx, probe)},
    }


def work_next(ctx: Context) -> Job:
    """Run the next job in a worker of its own and return its row."""
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
    assert claimed is not None
    environment = os.environ | ctx.settings.child_environment()
    subprocess.run(
        [sys.executable, "-m", "engine.jobs.worker", *map(str, claimed)], cwd=ROOT, env=environment, check=True
    )
    with ctx.db.read() as s:
        job = s.get(Job, claimed[0])
    assert job is not None
    return job


def seconds_of(ctx: Context, job: Job) -> float:
    """From its start to its end, as pages show it."""
    with ctx.db.read() as s:
        seconds = duration_of(job.id, running_seconds(s, [job.id]))
    assert seconds is not None
    return seconds


# ---------------------------------------------------------------- the table


def table(kept: dict[str, dict[str, Any]], language: str) -> str:
    """The results so far, in Markdown, with the largest difference below."""
    labels = {method.key: method.label.as_dict()[language] for method in METHODS}
    heads = _HEADS[language]
    lines = [heads, ("---", "---", *["---:"] * (len(heads) - 2))]
    for name, result in kept.items():
        model, method = name.split("/")
        lines.append((model, labels[method], *_numbers(result)))
    worst = max((abs(result["after"]["seconds"] / result["real"] - 1) for result in kept.values()), default=0.0)
    rows = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{rows}\n\n{_WORST[language].format(worst=worst)}"


def _numbers(result: dict[str, Any]) -> tuple[str, ...]:
    before, after, real = result["before"]["seconds"], result["after"], result["real"]
    return (
        f"{before:.0f} s",
        f"{after['seconds']:.0f} s ({after['low']:.0f}–{after['high']:.0f})",
        f"{real:.0f} s",
        f"{after['seconds'] / real:.2f}",
        f"{result['probe']['job_s']:.0f} s",
    )


def write_pages(kept: dict[str, dict[str, Any]]) -> None:
    """Put the table between the markers of the page of each language."""
    for language, page in PAGES.items():
        before, rest = page.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        page.write_text(f"{before}{BEGIN}\n\n{table(kept, language)}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--methods", default=",".join(METHOD_KEYS))
    parser.add_argument("--again", action="store_true", help="measure also what has a result already")
    options = parser.parse_args()
    ctx = open_home()
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    for model in options.models.split(","):
        named = inputs_of(ctx, model)
        for method in options.methods.split(","):
            name = f"{model}/{method}"
            if options.again or name not in kept:
                kept[name] = measure(ctx, model, named, method)
                KEPT.write_text(json.dumps(kept, indent=1))
                print(name, *_numbers(kept[name]), flush=True)
    write_pages(kept)


if __name__ == "__main__":
    main()
