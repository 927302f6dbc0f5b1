"""What a finished (or stopped) training job leaves: the tuned model with its lineage."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.evaluation.metrics.perplexity import perplexity
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.models.tuned.integrity import hash_of_folder, remember_result
from engine.training.limits.safe_files import new_folder, size
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.loop.weights import save_result
from storage.queries import reporting
from storage.tables import Dataset, LanguageModel

_LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "safetensors", "bitsandbytes")
_COPIED = ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json")


def results(progress: TrainingProgress) -> dict[str, Any]:
    """The numbers of a job's end."""
    speed = progress.tokens / progress.seconds if progress.seconds else None
    numbers: dict[str, Any] = {
        "train_loss": progress.train_loss,
        "val_loss": progress.val_loss,
        "base_val_loss": progress.base_val_loss,
        "perplexity": perplexity(progress.val_loss),
        "steps": progress.step,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "elapsed_s": round(progress.elapsed, 1),
        "tokens_per_s": None if speed is None else round(speed, 1),
        "peak_memory_mb": round(progress.peak_memory_mb),
    }
    return numbers if progress.answers is None else numbers | {"answers": progress.answers}


def keep_tuned(
    reporter: Reporter,
    model: Any,
    spec: JobSpec,
    base: LanguageModel,
    dataset: Dataset,
    progress: TrainingProgress,
    run: RunContext,
) -> None:
    """Write the weights to tuned/<job>/ and register them.

    Raises Fault("training.disk_full"), and Cancelled where the user cancelled as late as now: then nothing is left.
    """
    reporter.phase("saving")
    settings = reporter.ctx.settings
    target = settings.home / "tuned" / str(reporter.job_id)
    fresh = target.with_name(f"{target.name}-{reporter.attempt}")
    with new_folder(fresh) as draft:
        _name_base(model, base)
        save_result(model, method_of(spec.method), draft, run)
        if method_of(spec.method).saves == "full":
            _copy_tokenizer(settings.absolute(str(base.path)), settings.absolute(str(base.tokenizer_path)), draft)
    row = {
        "job_id": reporter.job_id,
        "path": settings.relative(target),
        "bytes": size(fresh),
        "weights_hash": weights_hash(fresh),
        "metrics": results(progress),
        **_named(spec, base, dataset),
    }
    with reporter.transaction() as s:
        try:
            reporter.heed()
        except Cancelled:
            shutil.rmtree(fresh)
            raise
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        tuned_id = reporting.register_tuned(s, row)
    remember_result(settings, tuned_id, target, row["weights_hash"])


def _named(spec: JobSpec, base: LanguageModel, dataset: Dataset) -> dict[str, Any]:
    """Columns of the tuned model that its job's settings tell."""
    return {
        "name": spec.name,
        "base_model_id": base.id,
        "dataset_id": dataset.id,
        "method": spec.method,
        "format": method_of(spec.method).saves,
        "lineage": _lineage(spec, base, dataset),
    }


def weights_hash(folder: Path) -> str:
    """What says later whether the result is still the same."""
    return hash_of_folder(folder)


def _name_base(model: Any, base: LanguageModel) -> None:
    """An adapter names its base by what others know it as, not by a path of this machine."""
    for config in getattr(model, "peft_config", {}).values():
        config.base_model_name_or_path = base.name if base.source == "folder" else base.ref


def _copy_tokenizer(weights: Path, tokenizer: Path, target: Path) -> None:
    wanted = [weights / name for name in _COPIED] + [file for file in tokenizer.iterdir() if file.is_file()]
    for file in wanted:
        if file.is_file():
            shutil.copyfile(file, target / file.name)


def _lineage(spec: JobSpec, base: LanguageModel, dataset: Dataset) -> dict[str, Any]:
    return {
        "base": {"id": base.id, "name": base.name, "source": base.source, "weights_hash": base.weights_hash},
        "dataset": {"id": dataset.id, "name": dataset.name, "content_hash": spec.dataset_hash or dataset.content_hash},
        "spec": spec.as_dict(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
