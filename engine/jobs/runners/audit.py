"""The job that looks through a data set."""

from __future__ import annotations

from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import cpu
from engine.data.audits.packing import PackedFindings
from engine.data.audits.running import ChecksRun as Work
from engine.data.audits.running import run_checks
from engine.data.quality import check_of, read_settings
from engine.data.rows.store import rows_of
from engine.jobs.reporter import Reporter
from engine.models.base.paths import tokenizer_folder
from storage.data_tables import Audit
from storage.job_tables import Job
from storage.queries import audits as queries
from storage.queries import datasets as dataset_queries
from storage.queries.base_models import get_model
from storage.tables import Dataset

_STEPS = 1_000
_MOST_PROCESSES = 4
_CONTEXT = 2_048  # of a model that does not say how much it holds


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Make every check and write down what it found; a check that an earlier attempt has finished is not made again.

    Raises:
        Fault: "job.dataset_gone" when the audit or its data set was deleted, or "data.file.rows_gone" when the rows file is not there.
    """
    reporter.phase("auditing")
    with ctx.db.read() as s:
        audit = queries.get(s, int(job.spec["audit"]))
        dataset = dataset_queries.get(s, job.dataset_id) if job.dataset_id is not None else None
        done = queries.findings(s, audit.id) if audit is not None else {}
    if audit is None or dataset is None:
        raise Fault("job.dataset_gone")
    wanted = {
        key: values for key, values in read_settings(audit.settings).items() if dataset.kind in check_of(key).kinds
    }
    left = {key: values for key, values in wanted.items() if key not in done}
    work = Work(_file(ctx, dataset, audit), ctx.settings.folder("datasets"), _models(ctx, left))
    run_checks(work, left, _Teller(reporter, audit.id), processes=min(cpu().cores, _MOST_PROCESSES))
    with reporter.transaction() as s:
        queries.finish(s, audit.id)
    reporter.finish("succeeded")


def _file(ctx: Context, dataset: Dataset, audit: Audit) -> Path:
    """The rows that were meant when the audit was asked for."""
    assert dataset.rows_path is not None
    path = rows_of(ctx.settings.absolute(dataset.rows_path), audit.content_hash)
    if not path.is_file():
        raise Fault("data.file.rows_gone", name=dataset.name)
    return path


def _models(ctx: Context, wanted: dict[str, dict[str, object]]) -> dict[int, tuple[Path, int]]:
    """The models that checks ask for, as far as they are ready."""
    found: dict[int, tuple[Path, int]] = {}
    for values in wanted.values():
        if isinstance(number := values.get("model"), int):
            with ctx.db.read() as s:
                model = get_model(s, number)
            if model is None:
                raise Fault("job.model_gone")
            found[number] = (tokenizer_folder(ctx.settings, model), model.context_length or _CONTEXT)
    return found


class _Teller:
    """Passes on what the checks say."""

    def __init__(self, reporter: Reporter, audit: int) -> None:
        self._reporter, self._audit = reporter, audit

    def progress(self, share: float) -> None:
        """Raises Cancelled when the user asked to end it."""
        self._reporter.heed()
        self._reporter.progress(round(share * _STEPS), _STEPS)

    def found(self, check: str, packed: PackedFindings, seconds: float) -> None:
        """Write it down at once."""
        with self._reporter.transaction() as s:
            queries.put_finding(s, self._audit, check, packed.rows, packed.groups, packed.payload)
        self._reporter.log("info", f"{check}: {packed.rows} rows in {seconds:.1f} s")
