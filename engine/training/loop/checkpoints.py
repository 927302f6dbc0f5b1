"""Checkpoints: written whole, registered with hashes, verified before use, the oldest removed.

Of the best one the weights stay, when its turn to be removed has come: training cannot go on from them, but they may become
the model.
"""

from __future__ import annotations

import json
import logging
import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from engine.core.caches import keep
from engine.jobs.reporter import Reporter
from engine.models.base.inspect import hash_file
from engine.models.tuned.checkpoints import WEIGHT_FILES
from engine.training.limits.safe_files import hashes, new_folder, size
from storage.job_tables import WEIGHTS_ONLY, Checkpoint
from storage.queries import reporting

_PROGRESS = "progress.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckedStep:
    """What is known of the weights of one step."""

    step: int  # optimizer steps done
    val_loss: float | None  # of the held-out rows, where there are any
    train_loss: float | None  # latest one that was shown
    others: Mapping[str, float] = field(default_factory=dict)  # what else was said of those rows, as "val_<chart>"


@dataclass
class TrainingProgress:
    """What a job has done so far and a resumed one must know."""

    step: int = 0  # optimizer steps done
    tokens: int = 0  # trained on so far, those without a label included
    seconds: float = 0.0  # of training steps
    elapsed: float = 0.0  # since the job's workers began
    train_loss: float | None = None  # latest one that was shown
    val_loss: float | None = None  # of the latest check
    base_val_loss: float | None = None  # of the check before the first step
    waiting: list[float] = field(default_factory=list)  # loss sum, weight of its labels: steps since the last shown one
    evaluated_step: int | None = None  # of the latest check
    peak_memory_mb: float = 0.0  # of the device or process, over all attempts
    base_answers: list[str] | None = None  # to the questions that are scored
    answers: dict[str, Any] | None = None  # their scores, at the end
    answer_seconds: float = 0.0  # what one round of them takes
    best: CheckedStep | None = None  # the check with the lowest held-out loss, the latest of equal ones
    asked: list[int] | None = None  # places of the questions that are scored, where those are not all
    sampled_step: int | None = None  # of the latest sample answers
    scored_rows: int | None = None  # held-out rows that stand for all, where those are fewer
    compared: dict[str, Any] | None = None  # what a comparison of objectives measures
    measured: dict[str, float] = field(default_factory=dict)  # seconds by part, as `Clock.measured`
    val_others: dict[str, float] = field(default_factory=dict)  # of the latest check, beside its loss: "val_<chart>"
    base_others: dict[str, float] = field(default_factory=dict)  # the same of the check before the first step
    waiting_means: dict[str, list[float]] = field(
        default_factory=dict
    )  # by chart, sum and number of steps, as `waiting`

    online: dict[str, Any] = field(default_factory=dict)  # what learning from own answers remembers

    @property
    def now(self) -> CheckedStep:
        """What is known of the latest weights."""
        mine = self.evaluated_step in (self.step, None)  # the last check may have been of earlier ones
        return CheckedStep(self.step, self.val_loss if mine else None, self.train_loss, self.val_others if mine else {})

    def note_step(self, means: Mapping[str, float]) -> None:
        """What charts draw of one more step."""
        for name, value in means.items():
            total, steps = self.waiting_means.get(name, (0.0, 0.0))
            self.waiting_means[name] = [total + value, steps + 1]

    def shown_means(self) -> dict[str, float]:
        """Means over the steps since they were last shown."""
        found = {name: total / steps for name, (total, steps) in self.waiting_means.items()}
        self.waiting_means = {}
        return found

    def note_check(self) -> None:
        """The held-out rows were just scored: remember it where no check was better. The untouched base does not count."""
        if self.step and self.val_loss is not None and self.val_loss <= _lowest(self.best):
            self.best = self.now


def _lowest(best: CheckedStep | None) -> float:
    return math.inf if best is None or best.val_loss is None else best.val_loss


class Saves(Protocol):
    """What can write all that is needed to go on."""

    def save_state(self, folder: Path) -> None:
        """Weights, optimizer, scheduler, random numbers and the trainer's position."""
        ...


class CheckpointStore:
    """The checkpoints of one job.

    Args:
        keep: so many of the newest ones stay.
        keeps_best: the weights of the best one stay as well.
    """

    def __init__(self, reporter: Reporter, keep: int, *, keeps_best: bool = True) -> None:
        self.reporter, self.keep, self.keeps_best = reporter, keep, keeps_best
        self.settings = reporter.ctx.settings
        self.folder = self.settings.home / "jobs" / str(reporter.job_id) / "checkpoints"

    def save(self, trainer: Saves, progress: TrainingProgress) -> None:
        """Write and register a checkpoint, then remove those beyond `keep` but the best. Raises Fault("training.disk_full")."""
        job_id, attempt = self.reporter.job_id, self.reporter.attempt
        self.reporter.phase("saving")
        self.reporter.flush()
        target = self.folder / f"step-{progress.step}-{attempt}"
        with new_folder(target) as draft:
            trainer.save_state(draft)
            (draft / _PROGRESS).write_text(json.dumps(asdict(progress)))
        row = {
            "job_id": job_id,
            "attempt": attempt,
            "step": progress.step,
            "path": self.settings.relative(target),
            "bytes": size(target),
            "files": hashes(target),
            "metrics": {"train_loss": progress.train_loss, "val_loss": progress.val_loss},
        }
        with self.reporter.transaction() as s:
            reporting.add_checkpoint(s, row)
        self._prune(progress.best.step if self.keeps_best and progress.best is not None else None)

    def _prune(self, best: int | None) -> None:
        """Keep the newest checkpoints whole, and of the best one at least the weights."""
        with self.reporter.transaction() as s:
            found = reporting.checkpoints(s, self.reporter.job_id)
        whole = [one for one in found if not one.metrics.get(WEIGHTS_ONLY)][: self.keep]
        older = [one for one in found if one not in whole]
        kept = {one.id: _weight_sizes(self.settings.absolute(one.path)) for one in older if one.step == best}
        with self.reporter.transaction() as s:
            for checkpoint in older:
                if checkpoint.id in kept:
                    reporting.keep_weights(s, checkpoint.id, kept[checkpoint.id])
                else:
                    reporting.mark_checkpoint_deleted(s, checkpoint.id)
        for checkpoint in older:
            folder = self.settings.absolute(checkpoint.path)
            if checkpoint.step == best:
                _strip(folder, checkpoint.files)
            else:
                shutil.rmtree(folder, ignore_errors=True)

    def remove_all(self) -> None:
        """For a cancelled job."""
        with self.reporter.transaction() as s:
            for checkpoint in reporting.checkpoints(s, self.reporter.job_id):
                reporting.mark_checkpoint_deleted(s, checkpoint.id)
        shutil.rmtree(self.folder, ignore_errors=True)

    def newest(self) -> Path | None:
        """The newest checkpoint whose files are as they were written; broken ones are named in an event and removed."""
        with self.reporter.transaction() as s:
            found = reporting.checkpoints(s, self.reporter.job_id)
        self._sweep(found)
        for checkpoint in found:
            if checkpoint.metrics.get(WEIGHTS_ONLY):
                continue
            folder = self.settings.absolute(checkpoint.path)
            if self._is_whole(checkpoint, folder):
                return folder
            self.reporter.event("warning", "checkpoint_broken", step=checkpoint.step)
            with self.reporter.transaction() as s:
                reporting.mark_checkpoint_deleted(s, checkpoint.id)
            shutil.rmtree(folder, ignore_errors=True)
        return None

    def weights_of(self, step: int) -> Path | None:
        """The folder with the weights of one step, as they were written; None where there is none, or not as it was."""
        with self.reporter.transaction() as s:
            found = next((one for one in reporting.checkpoints(s, self.reporter.job_id) if one.step == step), None)
        if found is None:
            return None
        folder = self.settings.absolute(found.path)
        wanted = {name: found.files[name] for name in WEIGHT_FILES if name in found.files}
        try:
            same = all(hash_file(folder / name) == digest for name, digest in wanted.items())
            return folder if same and WEIGHT_FILES[0] in wanted else None
        except OSError as error:
            _log.warning("Checkpoint %s cannot be read: %s", folder.name, error)
            return None

    def _is_whole(self, checkpoint: Checkpoint, folder: Path) -> bool:
        try:
            return folder.is_dir() and hashes(folder) == checkpoint.files
        except OSError as error:
            _log.warning("Checkpoint %s cannot be read: %s", folder.name, error)
            return False

    def _sweep(self, registered: list[Checkpoint]) -> None:
        """Remove what earlier attempts left unfinished or unregistered."""
        known = {self.settings.absolute(checkpoint.path): checkpoint.files for checkpoint in registered}
        for folder in self.folder.glob("*") if self.folder.is_dir() else ():
            if folder in known:
                _strip(folder, known[folder])
            else:
                shutil.rmtree(folder, ignore_errors=True)


def _strip(folder: Path, files: Mapping[str, Any]) -> None:
    """Remove the files of a checkpoint that are not registered any more."""
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.name not in files:
            file.unlink(missing_ok=True)


def read_progress(folder: Path) -> TrainingProgress:
    """What `CheckpointStore.save` stored along with the state."""
    return progress_of(json.loads((folder / _PROGRESS).read_text()))


def progress_of(data: Mapping[str, Any]) -> TrainingProgress:
    """Back from JSON; what earlier versions did not know is as it is for a job that has not begun."""
    known = {f.name: data[f.name] for f in fields(TrainingProgress) if f.name in data}
    return TrainingProgress(**known | {"best": CheckedStep(**known["best"]) if known.get("best") else None})


def _weight_sizes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in WEIGHT_FILES if (folder / name).is_file()}


class Prepared:
    """What a job did before its first step, kept until there is a checkpoint: who goes on with it does not do it again: the base's answers, its score and its sample answers, in a file of the job."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._file: Path = reporter.ctx.settings.home / "jobs" / str(reporter.job_id) / "prepared" / "progress.json"

    def keep(self, progress: TrainingProgress) -> None:
        """Keep what is done so far, after all that was told of it is written."""
        self._reporter.flush()
        keep(self._file, json.dumps(asdict(progress)))

    def found(self) -> TrainingProgress | None:
        """What an earlier attempt did; None where it did nothing, or the file is not whole."""
        try:
            found = progress_of(json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.step == 0 else None
