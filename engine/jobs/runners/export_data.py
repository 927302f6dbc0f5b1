"""The job that writes a large version of a data set into a file."""

from __future__ import annotations

from engine.core.context import Context
from engine.jobs.reporter import Reporter
from engine.services.data.export_files import Wish, write_export
from storage.job_tables import Job


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Write the file, and {"file"} as the job's result."""
    reporter.phase("writing")

    def tell(step: int, total: int) -> None:
        reporter.progress(step, total)
        reporter.heed()

    assert job.dataset_id is not None
    made = write_export(Wish(ctx, job.dataset_id, job.spec["values"], job.spec["version"]), tell)
    reporter.finish("succeeded", result={"file": made})
