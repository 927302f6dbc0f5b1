"""What a finished (or stopped) training job leaves: the tuned model with its lineage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.core.settings import Settings
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.token_rows import FILE
from engine.evaluation.comparison.objective_measures import RESULT as COMPARED
from engine.jobs.reporter import Reporter
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.declaration import Method, RunContext
from engine.models.base.generation_settings import refused_settings, write_generation
from engine.models.base.number_formats import stored_format
from engine.models.base.paths import known_elsewhere
from engine.models.tuned.integrity import FILES, hash_of_result, hashed_files, hashes_of_result, remember_result
from engine.models.tuned.rounding import fitting, round_to
from engine.models.tuned.versions import LAST_SUFFIX, with_versions
from engine.objectives import objective_of
from engine.objectives.declaration import Objective
from engine.training.limits.safe_files import new_folder, size
from engine.training.loop.checkpoints import CheckedStep, TrainingProgress
from engine.training.loop.start import Start
from engine.training.loop.weights import save_result
from storage.queries import reporting
from storage.tables import Dataset, LanguageModel

_LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "safetensors", "bitsandbytes")
_COPIED = ("tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True)
class Written:
    """Weights of one step on the disk, in a folder aside until all is registered."""

    check: CheckedStep  # what is known of them
    aside: Path  # where they are
    target: Path  # where they belong
    hashes: Mapping[str, str]  # of its files

    def row(self, settings: Settings, progress: TrainingProgress, objective: Objective) -> dict[str, Any]:
        """What the tuned model's row says of them."""
        return {
            "path": settings.relative(self.target),
            "bytes": size(self.aside),
            "weights_hash": hash_of_result({name: self.hashes[name] for name in hashed_files(self.aside)}),
            "metrics": results(progress, self.check, objective),
        }


def results(progress: TrainingProgress, check: CheckedStep, objective: Objective) -> dict[str, Any]:
    """The numbers of a job's end.

    Args:
        check: of the weights that became the model.
        objective: what was optimised; it says what else its validation loss tells.
    """
    speed = progress.tokens / progress.seconds if progress.seconds else None
    numbers: dict[str, Any] = {
        "train_loss": check.train_loss,
        "val_loss": check.val_loss,
        "base_val_loss": progress.base_val_loss,
        "steps": progress.step,
        "model_step": check.step,
        "tokens": progress.tokens,
        "training_s": round(progress.seconds, 1),
        "tokens_per_s": None if speed is None else round(speed, 1),
        "peak_memory_mb": round(progress.peak_memory_mb),
        **({} if check.val_loss is None else objective.validation(check.val_loss)),
        **check.others,
        **{f"base_{key}": value for key, value in progress.base_others.items()},
    }
    if progress.compared is not None:
        numbers[COMPARED] = progress.compared
    return numbers if progress.answers is None else numbers | {"answers": progress.answers}


class ResultFolders:
    """Writes what a job made to tuned/<job>/, and the last step's weights beside it where earlier ones became the model.

    Nothing is left of what was written and not kept.
    """

    def __init__(
        self,
        reporter: Reporter,
        spec: JobSpec,
        base: LanguageModel,
        dataset: Dataset,
        run: RunContext,
        start: Start | None = None,
    ) -> None:
        self.reporter, self.spec, self.base, self.dataset, self.run = reporter, spec, base, dataset, run
        self.method, self.settings = method_of(spec.method), reporter.ctx.settings
        self.start = start
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
        objective = objective_of(self.spec.objective)
        written = self._write(model, check, "")
        row = self._named() | written.row(self.settings, progress, objective)
        kept = [one for one in (written, self.last) if one is not None]
        row["lineage"] |= {FILES: {one.target.name: dict(one.hashes) for one in kept}}
        if self.last is not None:
            row = with_versions(row, self.last.row(self.settings, replace(progress, answers=None), objective))
        before = [self._target(suffix) for suffix in ("", LAST_SUFFIX) if self._target(suffix).exists()]
        with self.reporter.transaction() as s:
            self.reporter.heed()
            for old in before:  # `__exit__` removes them: only renames happen while others wait
                os.rename(old, old.with_name(f"{old.name}-before-{self.reporter.attempt}"))
            for one in kept:
                os.rename(one.aside, one.target)
            tuned_id = reporting.register_tuned(s, row)
        remember_result(self.settings, tuned_id, written.target, row["weights_hash"], written.hashes)

    def _write(self, model: Any, check: CheckedStep, suffix: str) -> Written:
        self.reporter.phase("saving")
        target = self._target(suffix)
        aside = target.with_name(f"{target.name}-{self.reporter.attempt}")
        with new_folder(aside) as draft:
            _name_base(model, self.base)
            weights, tokenizer = (
                self.settings.absolute(str(one)) for one in (self.base.path, self.base.tokenizer_path)
            )
            save_result(model, self.method, draft, self.run, stored_format(weights))
            if self.method.saves == "full":
                _copy_tokenizer(weights, tokenizer, draft)
                write_generation(weights, draft, open_template(tokenizer).eos_ids)
        return Written(check, aside, target, hashes_of_result(aside))

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
            "lineage": _lineage(self.spec, self.base, self.dataset)
            | ({"starts_from": self.start.lineage()} if self.start else {}),
        }


def round_as_stored(reporter: Reporter, model: Any, method: Method, weights: Path) -> None:
    """Give a whole model the numbers that will be stored, in the format of the base in `weights`: what answers is what is kept."""
    if method.saves != "full":
        return
    own = stored_format(weights)
    found = fitting(model, own)
    if own != found:
        reporter.event("warning", "stored_wide", dtype=own)
    elif own != "fp32":
        round_to(model, own)
        reporter.event("info", "stored_rounded", dtype=own)
    if refused := refused_settings(weights):
        reporter.event("info", "generation_mended", names=", ".join(refused))


def _name_base(model: Any, base: LanguageModel) -> None:
    """An adapter names its base by what others know it as, not by a path of this machine."""
    for config in getattr(model, "peft_config", {}).values():
        config.base_model_name_or_path = base.ref if known_elsewhere(base) else base.name


def _copy_tokenizer(weights: Path, tokenizer: Path, target: Path) -> None:
    wanted = [weights / name for name in _COPIED] + [file for file in tokenizer.iterdir() if file.name != FILE]
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
