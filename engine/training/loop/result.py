"""What a finished (or stopped) training job leaves: the tuned model with its lineage."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.core.settings import Settings
from engine.evaluation.metrics.perplexity import perplexity
from engine.jobs.reporter import Reporter
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.models.tuned.versions import LAST_SUFFIX, with_versions
from engine.training.limits.safe_files import hashes, new_folder, size
from engine.training.loop.checkpoints import CheckedStep, TrainingProgress
from engine.training.loop.weights import save_result
from storage.queries import reporting
from storage.tables import Dataset, LanguageModel

_LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "safetensors", "bitsandbytes")
_COPIED = ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True)
class Written:
    """Weights of one step on the disk, in a folder aside until all is registered."""

    check: CheckedStep  # what is known of them
    aside: Path  # where they are
    target: Path  # where they belong

    def row(self, settings: Settings, progress: TrainingProgress) -> dict[str, Any]:
        """What the tuned model's row says of them."""
        return {
            "path": settings.relative(self.target),
            "bytes": size(self.aside),
            "weights_hash": weights_hash(self.aside),
            "metrics": results(progress, self.check),
        }


def results(progress: TrainingProgress, check: CheckedStep) -> dict[str, Any]:
    """The numbers of a job's end.

    Args:
        check: of the weights that became the model.
    """
    speed = progress.tokens / progress.seconds if progress.seconds else None
    numbers: dict[str, Any] = {
        "train_loss": check.train_loss,
        "val_loss": check.val_loss,
        "base_val_loss": progress.base_val_loss,
        "perplexity": perplexity(check.val_loss),
        "steps": progress.step,
        "model_step": check.step,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "elapsed_s": round(progress.elapsed, 1),
        "tokens_per_s": None if speed is None else round(speed, 1),
        "peak_memory_mb": round(progress.peak_memory_mb),
    }
    return numbers if progress.answers is None else numbers | {"answers": progress.answers}


class ResultFolders:
    """Writes what a job made to tuned/<job>/, and the last step's weights beside it where earlier ones became the model.

    Nothing is left of what was written and not kept.
    """

    def __init__(
        self, reporter: Reporter, spec: JobSpec, base: LanguageModel, dataset: Dataset, run: RunContext
    ) -> None:
        self.reporter, self.spec, self.base, self.dataset, self.run = reporter, spec, base, dataset, run
        self.method, self.settings = method_of(spec.method), reporter.ctx.settings
        self.last: Written | None = None
        self._home = self.settings.home / "tuned"

    def __enter__(self) -> ResultFolders:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        job_id = self.reporter.job_id
        for aside in (*self._home.glob(f"{job_id}-*"), *self._home.glob(f".{job_id}-*")):
            if aside != self._target(LAST_SUFFIX):
                shutil.rmtree(aside, ignore_errors=True)

    def set_aside(self, model: Any, check: CheckedStep) -> None:
        """The last step's weights, before earlier ones take their place. Raises Fault("training.disk_full")."""
        self.last = self._write(model, check, LAST_SUFFIX)

    def keep(self, model: Any, progress: TrainingProgress, check: CheckedStep) -> None:
        """Write the weights that became the model, and register everything.

        Raises Fault("training.disk_full"), and Cancelled where the user cancelled as late as now: then nothing is left.
        """
        written = self._write(model, check, "")
        row = self._named() | written.row(self.settings, progress)
        if self.last is not None:
            row = with_versions(row, self.last.row(self.settings, replace(progress, answers=None)))
        with self.reporter.transaction() as s:
            self.reporter.heed()
            for suffix in ("", LAST_SUFFIX):
                shutil.rmtree(self._target(suffix), ignore_errors=True)
            for one in [one for one in (written, self.last) if one is not None]:
                one.aside.rename(one.target)
            reporting.register_tuned(s, row)

    def _write(self, model: Any, check: CheckedStep, suffix: str) -> Written:
        self.reporter.phase("saving")
        target = self._target(suffix)
        aside = target.with_name(f"{target.name}-{self.reporter.attempt}")
        with new_folder(aside) as draft:
            _name_base(model, self.base)
            save_result(model, self.method, draft, self.run)
            if self.method.saves == "full":
                weights, tokenizer = (
                    self.settings.absolute(str(one)) for one in (self.base.path, self.base.tokenizer_path)
                )
                _copy_tokenizer(weights, tokenizer, draft)
        return Written(check, aside, target)

    def _target(self, suffix: str) -> Path:
        return self._home / f"{self.reporter.job_id}{suffix}"

    def _named(self) -> dict[str, Any]:
        """Columns of the tuned model that its job's settings tell."""
        return {
            "job_id": self.reporter.job_id,
            "name": self.spec.name,
            "base_model_id": self.base.id,
            "dataset_id": self.dataset.id,
            "method": self.spec.method,
            "format": self.method.saves,
            "lineage": _lineage(self.spec, self.base, self.dataset),
        }


def weights_hash(folder: Path) -> str:
    """sha256 of the safetensors file; of all their hashes where the model has several; of what else there is without any."""
    every = sorted(hashes(folder).items())
    found = [digest for name, digest in every if name.endswith(".safetensors")] or [digest for _, digest in every]
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


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
