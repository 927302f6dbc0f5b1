"""The job that imports a large file."""

from __future__ import annotations

import shutil
import time

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.hardware import cpu
from engine.data.importing.reading import Place
from engine.data.records.bounds import ReadingBudget
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled, Interrupted
from engine.services.data.imports import ImportChoice, run_import, work_folder
from engine.services.data.sources import files_of
from engine.services.data.views import load_dataset
from storage.job_tables import Job


class _Progress:
    """Tells how far the import is and how long it will take, by the speed since this attempt began."""

    def __init__(self, reporter: Reporter, total: int) -> None:
        self._reporter, self._total = reporter, total
        self._began: tuple[float, int] | None = None
        self._read = 0

    def tell(self, place: Place, rows: int, rejected: int) -> None:
        """Raises Cancelled when the user asked for it."""
        self._reporter.heed()
        self._read = min(place.size, self._total)
        now = time.monotonic()
        self._began = self._began or (now, place.size)
        passed, read = now - self._began[0], place.size - self._began[1]
        left = passed * (self._total - place.size) / read if read > 0 and passed > 1 else None
        numbers = {"rows": rows, "rejected": rejected}
        self._reporter.progress(self._read, self._total, left, result=numbers)

    def forget(self) -> None:
        """None of the rows that were told of is kept."""
        self._reporter.progress(self._read, self._total, result={})


def _is_gone(ctx: Context, dataset: int) -> bool:
    try:
        load_dataset(ctx, dataset)
    except NotFound:
        return True
    return False


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Import the job's data set. What is read so far stays for a resume, except after a cancel."""
    assert job.dataset_id is not None
    folder = work_folder(ctx, job.id)
    kept, progress = True, _Progress(reporter, 0)
    try:
        row = load_dataset(ctx, job.dataset_id)
        total = sum(file.path.stat().st_size for file in files_of(ctx, row) if file.path.is_file())
        reporter.phase("preparing")
        progress = _Progress(reporter, total)
        choice = ImportChoice(**job.spec["choice"])
        done = run_import(
            ctx,
            job.dataset_id,
            choice,
            folder,
            tell=progress.tell,
            lasting=True,
            transaction=reporter.transaction,
            budget=ReadingBudget(heed=reporter.heed),
            processes=cpu().cores,
        )
        stored = done.stored.train_rows + done.stored.val_rows + done.stored.test_rows if done.stored else 0
        shutil.rmtree(folder, ignore_errors=True)
        reporter.finish("succeeded", result={"rows": stored, "rejected": done.rejected})
    except (Cancelled, NotFound):  # the data set was deleted: nobody waits for it any more
        kept = False
        progress.forget()
        raise Cancelled from None
    except Interrupted:
        kept = reporter.requested() != "cancel"
        raise
    except (Fault, OSError) as error:
        if isinstance(error, Fault):
            kept = error.code == "data.import.disk_full"
        if _is_gone(ctx, job.dataset_id):  # its files went while they were read
            kept = False
            progress.forget()
            raise Cancelled from None
        raise
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
