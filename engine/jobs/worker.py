"""The process of one job: `python -m engine.jobs.worker JOB_ID ATTEMPT`."""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError

from engine.core.context import Context, open_context
from engine.core.errors import Fault, TunesmithError
from engine.core.hardware import cpu
from engine.core.imports import importing
from engine.core.obstacles import obstacle, true_reason
from engine.core.shapes import CodedMessage
from engine.jobs.kinds import kind_of
from engine.jobs.kinds.declaration import JobKind
from engine.jobs.reporter import Reporter, ReporterHandler
from engine.jobs.signals import Cancelled, Fenced, Interrupted, StoppedEarly
from storage.job_tables import Job
from storage.queries.jobs import get_job

EXIT_FENCED = 3
Runner = Callable[[Context, Job, Reporter], None]
_log = logging.getLogger("engine.jobs.worker")


def main(arguments: Sequence[str]) -> int:
    """Run the job; the exit code is 0 when its end is written, EXIT_FENCED when it is another attempt's."""
    job_id, attempt = (int(argument) for argument in arguments)
    _prepare_process()
    ctx = open_context()
    reporter = Reporter(ctx, job_id, attempt)
    try:
        reporter.start()
        signal.signal(signal.SIGTERM, reporter.interrupt)
        logging.getLogger().addHandler(ReporterHandler(reporter))
        work(ctx, reporter)
    except Fenced:
        return EXIT_FENCED
    except DBAPIError as error:  # a database that takes nothing for long: the supervisor reads it as the last words
        _log.exception("The database takes nothing")
        print(error.orig, file=sys.stderr)
        return 1
    finally:
        reporter.close()
    return 0


def _prepare_process() -> None:
    faulthandler.enable()
    os.environ.setdefault("OMP_NUM_THREADS", str(cpu().cores))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it warns of kernels that are never needed here


def work(ctx: Context, reporter: Reporter) -> None:
    """Every end but `Fenced` becomes a final status."""
    try:
        with ctx.db.read() as s:
            job = get_job(s, reporter.job_id)
        if job is None:
            raise Fenced
        reporter.kind = kind_of(job.kind)
        runner_of(reporter.kind)(ctx, job, reporter)
        if not reporter.finished:
            reporter.finish("succeeded")
    except (Cancelled, StoppedEarly) as ended:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        reporter.finish("cancelled" if isinstance(ended, Cancelled) else "stopped")
    except Interrupted:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        cancelled = reporter.requested() == "cancel"
        error: CodedMessage | None = None if cancelled else {"code": "worker.interrupted", "params": {}}
        reporter.finish("cancelled" if cancelled else "interrupted", error=error)
    except TunesmithError as fault:
        _log.error("%s", fault)
        reporter.finish("failed", error=true_reason(fault).as_dict())
    except Fenced:
        raise
    except Exception as unexpected:
        _log.exception("The job ended with an error nobody expected")
        reason = f"{type(unexpected).__name__}: {unexpected}"[:500]
        met = obstacle(unexpected, ctx.settings.home) or Fault("worker.crashed", reason=reason)
        reporter.finish("failed", error=met.as_dict())


def runner_of(kind: JobKind) -> Runner:
    """What does the work of a kind of job; imported now."""
    name, function = kind.runner.split(":")
    if name not in sys.modules:
        with importing():
            importlib.import_module(name)
    runner: Runner = getattr(sys.modules[name], function)
    return runner


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
