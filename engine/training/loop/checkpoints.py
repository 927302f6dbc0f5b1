"""Checkpoints: written whole, registered with hashes, verified before use, the oldest removed."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from engine.jobs.reporter import Reporter
from engine.training.limits.safe_files import hashes, new_folder, size
from storage.job_tables import Checkpoint
from storage.queries import reporting

_PROGRESS = "progress.json"
_log = logging.getLogger(__name__)


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
    waiting: list[float] = field(default_factory=list)  # loss sum, labels: steps since the last shown one
    evaluated_step: int | None = None  # of the latest check
    peak_memory_mb: float = 0.0  # of the device or process, over all attempts
    base_answers: list[str] | None = None  # to the questions that are scored
    answers: dict[str, Any] | None = None  # their scores, at the end
    answer_seconds: float = 0.0  # what one round of them takes


class Saves(Protocol):
    """What can write all that is needed to go on."""

    def save_state(self, folder: Path) -> None:
        """Weights, optimizer, scheduler, random numbers and the trainer's position."""
        ...


class CheckpointStore:
    """The checkpoints of one job."""

    def __init__(self, reporter: Reporter, keep: int) -> None:
        self.reporter, self.keep = reporter, keep
        self.settings = reporter.ctx.settings
        self.folder = self.settings.home / "jobs" / str(reporter.job_id) / "checkpoints"

    def save(self, trainer: Saves, progress: TrainingProgress) -> None:
        """Write and register a checkpoint, then remove those beyond `keep`. Raises Fault("training.disk_full")."""
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
        self._prune()

    def _prune(self) -> None:
        with self.reporter.transaction() as s:
            surplus = reporting.checkpoints(s, self.reporter.job_id)[self.keep :]
            for checkpoint in surplus:
                reporting.mark_checkpoint_deleted(s, checkpoint.id)
        for checkpoint in surplus:
            shutil.rmtree(self.settings.absolute(checkpoint.path), ignore_errors=True)

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
            folder = self.settings.absolute(checkpoint.path)
            if self._is_whole(checkpoint, folder):
                return folder
            self.reporter.event("warning", "checkpoint_broken", step=checkpoint.step)
            with self.reporter.transaction() as s:
                reporting.mark_checkpoint_deleted(s, checkpoint.id)
            shutil.rmtree(folder, ignore_errors=True)
        return None

    def _is_whole(self, checkpoint: Checkpoint, folder: Path) -> bool:
        try:
            return folder.is_dir() and hashes(folder) == checkpoint.files
        except OSError as error:
            _log.warning("Checkpoint %s cannot be read: %s", folder.name, error)
            return False

    def _sweep(self, registered: list[Checkpoint]) -> None:
        """Remove what earlier attempts left unfinished or unregistered."""
        known = {self.settings.absolute(checkpoint.path) for checkpoint in registered}
        for folder in self.folder.glob("*") if self.folder.is_dir() else ():
            if folder not in known:
                shutil.rmtree(folder, ignore_errors=True)


def read_progress(folder: Path) -> TrainingProgress:
    """What `CheckpointStore.save` stored along with the state."""
    data: dict[str, Any] = json.loads((folder / _PROGRESS).read_text())
    return TrainingProgress(**{f.name: data[f.name] for f in fields(TrainingProgress) if f.name in data})
