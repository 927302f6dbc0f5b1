"""What a job did before its first step, kept until there is a checkpoint: who goes on with the job does not do it again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from engine.core.caches import keep
from engine.jobs.reporter import Reporter
from engine.training.loop.checkpoints import TrainingProgress, progress_of


class Prepared:
    """The base's answers, its score and its sample answers, in a file of the job."""

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
