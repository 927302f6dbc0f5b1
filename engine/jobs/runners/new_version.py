"""The job that makes a new version of a large data set."""

from __future__ import annotations

from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.reporter import Reporter
from engine.services.data.versions.recipes import Recipe
from engine.services.data.versions.version_files import version_file
from engine.services.data.versions.versions import make_version
from storage.job_tables import Job


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Make it, and write {"version": number} as the job's result. Raises what the operation refuses."""
    reporter.phase("writing")
    recipe, base = Recipe(**job.spec["recipe"]), int(job.spec["base"])
    if job.dataset_id is None:
        raise Fault("job.dataset_gone")
    parent, _path = version_file(ctx, job.dataset_id, base)
    total = parent.train_rows + parent.val_rows + parent.test_rows

    def tell(rows: int) -> None:
        reporter.heed()
        reporter.progress(rows, max(rows, total))

    tell(0)
    number = make_version(ctx, job.dataset_id, recipe, base=base, tell=tell, transaction=reporter.transaction)
    reporter.finish("succeeded", result={"version": number})
