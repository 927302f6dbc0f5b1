"""A merge job: from several adapters of one base to a new tuned model, held against the sum that it stands for."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.templates.isolated.isolated_template import open_template
from engine.exports.common.number_format import memory_mb, sizes_of
from engine.exports.common.package import check_memory, check_space
from engine.exports.proof.logits import Logits, difference, logits_of
from engine.exports.proof.measures import divergence, log_softmax
from engine.exports.proof.questions import questions_of
from engine.jobs.reporter import Reporter
from engine.models.base.download_progress import ByteProgress
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.models.tuned.integrity import (
    FILES,
    hash_of_result,
    hashed_files,
    hashes_of_result,
    intact_result,
    remember_result,
)
from engine.models.tuned.results import adapter_config
from engine.serving.runtime.loading import load_model
from engine.training.limits.safe_files import new_folder, size
from engine.training.merging.parents import rank_in, refusal
from engine.training.merging.ways import MergeWay, way_of
from engine.training.merging.weighted import MergePart, answer_as, load_parts, write_merged
from storage.job_tables import Job
from storage.queries import reporting
from storage.queries.tuned_models import get_tuned
from storage.tables import LanguageModel, TunedModel

_EXACT = 1e-4  # of logits, relative to the largest: what fp32 rounds away in a sum
_ROWS = 4  # of each parent's data
_LIBRARIES = ("torch", "transformers", "peft", "safetensors")


@dataclass(frozen=True)
class _Task:
    """What is merged, as it is now."""

    base: LanguageModel
    parents: list[TunedModel]
    parts: list[MergePart]
    way: MergeWay
    rank: int
    name: str


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Merge what the spec names; the job's result is {"tuned_id", "rank", "difference", "divergence", "agreement"}.

    Raises:
        Fault: "merging.gone", "merging.changed", "merging.off", or why files cannot be read ("chat.damaged" and its like).
    """
    progress = ByteProgress(reporter)
    progress.phase("checking")
    task = _task(ctx, job, progress)
    sizes = sizes_of(ctx.settings, task.parents[0], task.base)
    check_space(ctx.settings.folder("tuned"), sum(one.bytes for one in task.parents))
    check_memory(memory_mb(sizes, {}) + 4 * sum(one.bytes for one in task.parents) // 1_000_000)
    weights = intact_weights(ctx.settings, task.base, on_bytes=progress.more)
    target = ctx.settings.folder("tuned") / str(job.id)
    aside = target.with_name(f"{job.id}-{reporter.attempt}")
    try:
        with new_folder(aside) as draft:
            told = _made(ctx, task, weights, draft, reporter)
        tuned_id = _registered(reporter, task, told, aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    reporter.finish("succeeded", result={"tuned_id": tuned_id, **told})


def _task(ctx: Context, job: Job, progress: ByteProgress) -> _Task:
    """The parents, whose files are still those that were chosen."""
    wanted, parents = job.spec["parents"], []
    with ctx.db.read() as s:
        for one in wanted:
            found = get_tuned(s, int(one["tuned_id"]))
            if found is None:
                raise Fault("merging.gone", name=one["name"])
            if found.weights_hash != one["weights_hash"]:
                raise Fault("merging.changed", name=found.name)
            parents.append(found)
        base = s.get_one(LanguageModel, parents[0].base_model_id)
    folders = [intact_result(ctx.settings, one, whole=True, on_bytes=progress.more) for one in parents]
    for one, folder in zip(parents, folders, strict=True):
        if fault := refusal(folder, one.name, one.format):
            raise fault
    parts = [MergePart(folder, float(one["weight"])) for folder, one in zip(folders, wanted, strict=True)]
    return _Task(base, parents, parts, way_of(job.spec["way"]), int(job.spec["rank"]), str(job.spec["name"]))


def _made(ctx: Context, task: _Task, weights: Path, draft: Path, reporter: Reporter) -> dict[str, Any]:
    """The merged adapter in `draft`; its rank, and how far it is from the sum of its parents."""
    reporter.phase("loading")
    inputs = _inputs(ctx, task)
    model = load_parts(load_model(weights, "fp32", "cpu"), task.parts, reporter.heed)
    reporter.phase("merging")
    expected = logits_of(model, inputs)
    write_merged(model, task.parts, task.way, task.rank, draft, reporter.heed)
    reporter.phase("comparing")
    reporter.heed()
    told = _apart(expected, logits_of(answer_as(model, draft), inputs))
    if math.isinf(told["difference"]) or (task.way.rank == "sum" and told["difference"] > _EXACT):
        raise Fault("merging.off", difference=f"{told['difference']:.2g}")
    return {"rank": task.rank, **told}


def _inputs(ctx: Context, task: _Task) -> list[list[int]]:
    """Some rows of each parent's data, held-out ones first."""
    template = open_template(tokenizer_folder(ctx.settings, task.base), task.base.name)
    of_data = {one.dataset_id: one for one in task.parents}
    return [row.ids for one in of_data.values() for row in questions_of(ctx, one, template).rows[:_ROWS]]


def _apart(expected: Logits, found: Logits) -> dict[str, float]:
    """Largest difference of logits; mean divergence in nats and share of equal likeliest tokens."""
    off = difference(expected, found)
    pairs = [(a.numpy(), b.numpy()) for a, b in zip(expected, found, strict=True)]
    apart = [float(one) for a, b in pairs for one in divergence(log_softmax(a), log_softmax(b))]
    same = [bool(one) for a, b in pairs for one in a.argmax(-1) == b.argmax(-1)]
    return {"difference": off, "divergence": sum(apart) / len(apart), "agreement": sum(same) / len(same)}


def _registered(reporter: Reporter, task: _Task, told: Mapping[str, Any], aside: Path, target: Path) -> int:
    reporter.phase("saving")
    settings, hashes = reporter.ctx.settings, hashes_of_result(aside)
    first = task.parents[0]
    weights_hash = hash_of_result({name: hashes[name] for name in hashed_files(aside)})
    row = {
        "job_id": reporter.job_id,
        "name": task.name,
        "base_model_id": task.base.id,
        "dataset_id": first.dataset_id,
        "method": first.method,
        "format": first.format,
        "path": settings.relative(target),
        "bytes": size(aside),
        "weights_hash": weights_hash,
        "metrics": {},
        "lineage": _lineage(task, told) | {FILES: {target.name: hashes}},
    }
    shutil.rmtree(target, ignore_errors=True)  # of an attempt that was ended before it was registered
    with reporter.transaction() as s:
        reporter.heed()
        os.rename(aside, target)
        tuned_id = reporting.register_tuned(s, row)
    remember_result(settings, tuned_id, target, weights_hash, hashes)
    return tuned_id


def _lineage(task: _Task, told: Mapping[str, Any]) -> dict[str, Any]:
    """As of a training job, with what was merged; the settings are those under which a job can go on with it."""
    base, first = task.base, task.parents[0].lineage or {}
    return {
        "base": {"id": base.id, "name": base.name, "source": base.source, "weights_hash": base.weights_hash},
        "dataset": first.get("dataset", {}),
        "spec": _spec(task, first.get("spec") or {}),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "merged": {
            "way": task.way.key,
            **told,
            "parents": [_parent(one, part) for one, part in zip(task.parents, task.parts, strict=True)],
        },
    }


def _parent(tuned: TunedModel, part: MergePart) -> dict[str, Any]:
    lineage = tuned.lineage or {}
    return {
        "id": tuned.id,
        "name": tuned.name,
        "weight": part.weight,
        "weights_hash": tuned.weights_hash,
        "method": tuned.method,
        "rank": rank_in(adapter_config(part.folder)),
        "dataset": lineage.get("dataset", {}),
        "merged": lineage.get("merged"),
    }


def _spec(task: _Task, first: Mapping[str, Any]) -> dict[str, Any]:
    params = dict(first.get("method_params") or {})
    modules = [(one.lineage or {}).get("spec", {}).get("method_params", {}).get("modules") for one in task.parents]
    if all(modules):
        params["modules"] = list(dict.fromkeys(name for one in modules for name in one or ()))
    own = {"rank": task.rank, "alpha": task.rank, "rslora": False, "start": "zero", "dropout": 0.0}
    return {**first, "name": task.name, "method_params": params | own, "starts_from": None, "start_hash": ""}
