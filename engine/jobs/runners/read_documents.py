"""The job that reads documents which rows are to be made of."""

from __future__ import annotations

import shutil

from engine.core.context import Context
from engine.data.records.bounds import ReadingBudget
from engine.jobs.reporter import Reporter
from engine.services.data.making.documents import folder_of, read_documents
from storage.job_tables import Job


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """The job's result is {"making": key}. Where it does not succeed, nothing of the documents stays."""
    key = str(job.spec["making"])
    folder = folder_of(ctx.settings, key)
    try:
        reporter.phase("reading")
        read_documents(ctx, key, ReadingBudget(heed=reporter.heed))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    reporter.finish("succeeded", result={"making": key})
