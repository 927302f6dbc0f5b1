"""The job that makes a new version of a large data set."""

from __future__ import annotations

from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.services.data.versions.recipes import Recipe
from engine.services.data.versions.version_files import version_file
from engine.services.data.versions.versions import make_version
from storage.job_tables import Job


class _Heard:
    """Tells how far it is: with reading, as long as nothing is written, then with writing."""

    def __init__(self, reporter: Reporter, total: int) -> None:
        self._reporter, self._total = reporter, total

    def passed(self, rows: int) -> None:
        """So many rows of a pass were read. Raises Cancelled when the user asked for it."""
        self._reporter.heed()
        if self._reporter.now is None:
            self._reporter.phase("reading")
        if self._reporter.now == "reading":
            self._reporter.progress(rows, max(rows, self._total))

    def written(self, rows: int) -> None:
        """So many rows are written. Raises Cancelled when the user asked for it."""
        self._reporter.heed()
        if self._reporter.now != "writing":
            self._reporter.phase("writing")
        self._reporter.progress(rows, max(rows, self._total))


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Make it, and write {"version": number} as the job's result. Raises what the operation refuses."""
    recipe, base = Recipe(**job.spec["recipe"]), int(job.spec["base"])
    if job.dataset_id is None:
        raise Fault("job.dataset_gone")
    parent, _path = version_file(ctx, job.dataset_id, base)
    total = parent.train_rows + parent.val_rows + parent.test_rows

    heard = _Heard(reporter, total)
    heard.passed(0)
    number = make_version(
        ctx,
        job.dataset_id,
        recipe,
        base=base,
        tell=heard.written,
        passed=heard.passed,
        transaction=reporter.transaction,
    )
    reporter.finish("succeeded", result={"version": number})
