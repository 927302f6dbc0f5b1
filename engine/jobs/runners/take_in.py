"""The job that looks at uploaded files, which then become a draft."""

from __future__ import annotations

import shutil

from engine.core.context import Context
from engine.data.records.bounds import ReadingBudget
from engine.jobs.reporter import Reporter
from engine.services.data.sources import add_files
from storage.job_tables import Job


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """The job's result is {"dataset": id}. Its folder of files goes with the end of the job, whichever it is."""
    folder = ctx.settings.absolute(job.spec["folder"])
    try:
        reporter.phase("reading")
        files = [(folder / stored, name) for stored, name in job.spec["files"]]
        dataset = add_files(ctx, files, budget=ReadingBudget(heed=reporter.heed))
        reporter.finish("succeeded", result={"dataset": dataset})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
