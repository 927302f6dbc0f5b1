"""Jobs as the user handles them: start, list, stop, cancel, resume, reorder, delete."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.settings import Settings
from engine.core.shapes import Faults, RawSpec
from engine.jobs.kinds import keys_of, known_kind
from engine.jobs.kinds.declaration import JobKind
from engine.jobs.kinds.train import TRAIN
from engine.jobs.lanes import lane_for
from engine.jobs.queue import enqueue, fetch_weights, same_job
from engine.jobs.resuming import KEPT
from engine.jobs.spec import SPEC_VERSION, JobSpec, make_spec, make_stored
from engine.jobs.views import views
from engine.models.base.integrity import change_of
from engine.models.presence import bare_fault, can_plan
from engine.planner.budget.catalogue import is_planned_only
from engine.planner.refusals import refusals, unteachable
from engine.planner.vocabulary import vocabulary_faults
from engine.services.jobs.empty_thoughts import impossible_thoughts
from engine.services.jobs.ends import unlearnt_ends
from engine.services.jobs.going_on import gone_start, misfitting_start, start_hash, with_start
from engine.services.jobs.usable_rewards import unusable_rewards
from engine.shapes.jobs import JobView
from storage.job_tables import ACTIVE, FINAL, RESUMABLE, Job, JobStatus
from storage.queries import base_models, inputs, job_lists, metrics
from storage.queries import jobs as queries


def start_job(ctx: Context, raw_spec: RawSpec, *, key: str) -> int:
    """Queue a training job; the same `key` again gives the same job.

    Raises:
        SpecError: with every fault of the form, by field.
        Fault: "device.planned_only" for a device of the catalogue.
    """
    form = with_start(ctx, raw_spec)
    with ctx.db.read() as s:
        parameters = base_models.size_of(s, form.get("base_model"))
    spec = make_spec(form, parameters)
    lane, faults = _lane(spec)
    faults |= unusable_rewards(ctx, spec.training, spec.dataset)
    faults |= lacking_rows(ctx, spec) | unlearnt_ends(ctx, spec) | impossible_thoughts(ctx, spec)
    with ctx.db.read() as s:
        faults |= missing_inputs(ctx.settings, s, spec)
    with ctx.db.write() as s:
        if (known := same_job(s, TRAIN, idempotency_key=key)) is not None:
            return known
        if faults := faults | gone_inputs(s, spec):
            raise SpecError(faults)
        return queue_job(s, spec, lane, key=key)


def queue_job(s: Session, spec: JobSpec, lane: str, *, key: str = "", rows: str = "") -> int:
    """Queue a job whose spec and inputs were checked, as part of the caller's transaction.

    Args:
        rows: content of the data set that it trains on; what it holds now where this is empty.
    """
    stored = spec.as_dict()
    stored["budget"]["device"] = lane
    stored["dataset_hash"] = rows or _content_hash(s, spec.dataset)
    stored["start_hash"] = spec.start_hash or start_hash(s, spec)
    return enqueue_spec(s, TRAIN, spec, lane, stored, key=key)


def enqueue_spec(s: Session, kind: JobKind, spec: JobSpec, lane: str, stored: dict[str, Any], *, key: str = "") -> int:
    """Queue a job over the spec's model and data. `stored` is what its worker reads."""
    return enqueue(
        s,
        kind,
        name=spec.name,
        spec=stored,
        lane=lane,
        idempotency_key=key,
        spec_version=SPEC_VERSION,
        method=spec.method,
        dataset_id=spec.dataset,
        base_model_id=spec.base_model,
    )


def _lane(spec: JobSpec) -> tuple[str, Faults]:
    try:
        return lane_for(spec.budget.device), {}
    except Fault as fault:
        if is_planned_only(spec.budget.device):
            raise
        return "cpu", {"budget.device": fault.as_dict()}


def _content_hash(s: Session, dataset_id: int) -> str:
    """What the rows are now: a later import with another mapping does not change a job that was started."""
    dataset = inputs.get_dataset(s, dataset_id)
    assert dataset is not None
    return dataset.content_hash or ""


def missing_inputs(settings: Settings, s: Session, spec: JobSpec) -> Faults:
    """What keeps a job with this spec from starting on what is there now, by field. Looks at files: not for a writer."""
    faults = gone_inputs(s, spec)
    model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
    if model is not None and "base_model" not in faults and (bare := bare_fault(settings, model)):
        faults["base_model"] = bare.as_dict()
    if model is not None and "base_model" not in faults and (changed := change_of(settings, model)):
        faults["base_model"] = changed.as_dict()
    if dataset is not None and "dataset" not in faults and (wrong := unteachable(spec, dataset)):
        faults["dataset"] = wrong
    if "starts_from" not in faults:
        faults |= misfitting_start(settings, s, spec)
    if faults or model is None or dataset is None:
        return faults
    return refusals(spec, model, dataset.train_rows)


def gone_inputs(s: Session, spec: JobSpec) -> Faults:
    """Of `missing_inputs`, what the database alone can tell: asked again by the transaction that queues the job."""
    faults: Faults = {}
    model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
    if model is None:
        faults["base_model"] = {"code": "job.model_gone", "params": {}}
    elif not can_plan(model):
        faults["base_model"] = {"code": "job.model_not_ready", "params": {"name": model.name}}
    if dataset is None:
        faults["dataset"] = {"code": "job.dataset_gone", "params": {}}
    elif dataset.status != "ready":
        faults["dataset"] = {"code": "job.dataset_not_ready", "params": {"name": dataset.name}}
    return faults | gone_start(s, spec)


def lacking_rows(ctx: Context, spec: JobSpec) -> Faults:
    """What the model's embedding lacks for the rows, by field; nothing where model or data set are missing. Counts tokens: not for transactions."""
    with ctx.db.read() as s:
        model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
        if model is None or dataset is None or not model.tokenizer_path or missing_inputs(ctx.settings, s, spec):
            return {}
    return vocabulary_faults(ctx.settings, model, dataset, spec)


def list_jobs(ctx: Context, limit: int = 200, kinds: tuple[str, ...] = ()) -> list[JobView]:
    """Views of active jobs, then queued ones in order, then the newest: of these kinds, or of all that are listed."""
    hidden = keys_of(lambda kind: not kind.listed)
    with ctx.db.read() as s:
        return views(s, queries.newest_jobs(s, limit, kinds, hidden=hidden))


def newest_training(ctx: Context, running: int, finished: int) -> tuple[list[JobView], list[JobView], bool]:
    """Of the jobs that learn something: so many that run or wait, so many whose model is there, and whether there is any."""
    kinds = keys_of(lambda kind: kind.trains)
    with ctx.db.read() as s:
        now, done = job_lists.unfinished_of(s, kinds, running), job_lists.ended_with_model(s, kinds, finished)
        return views(s, now), views(s, done), bool(now or done) or job_lists.any_of(s, kinds)


def training_losses(ctx: Context, job_ids: Sequence[int]) -> dict[int, list[metrics.Point]]:
    """The training loss of some jobs by job, in order of steps; of long ones what draws the same line."""
    with ctx.db.read() as s:
        return metrics.series_of(s, job_ids, "train_loss")


def job_view(ctx: Context, job_id: int) -> JobView:
    """One job as the pages see it. Raises NotFound."""
    with ctx.db.read() as s:
        return views(s, [_job(s, job_id)])[0]


def _job(s: Session, job_id: int) -> Job:
    job = queries.get_job(s, job_id)
    if job is None:
        raise NotFound(job=job_id)
    return job


def stop_job(ctx: Context, job_id: int) -> None:
    """Ask a job to save and end; a queued one is cancelled. Does nothing to one that has ended. Raises NotFound."""
    _end(ctx, job_id, "stop")


def cancel_job(ctx: Context, job_id: int) -> None:
    """Ask a job to end without saving. Does nothing to one that has ended. Raises NotFound."""
    _end(ctx, job_id, "cancel")


def _end(ctx: Context, job_id: int, request: Literal["stop", "cancel"]) -> None:
    with ctx.db.write() as s:
        job = _job(s, job_id)
        if job.status == JobStatus.QUEUED:
            queries.end_queued(s, job_id)
        elif job.status in ACTIVE:
            queries.ask(s, job_id, request)


def resume_job(ctx: Context, job_id: int) -> None:
    """Queue an ended job again, at the front; it goes on from its last checkpoint.

    Raises:
        NotFound: there is no such job.
        Fault: "job.not_resumable"; or SpecError when its model or data set is gone, or the model changed.
    """
    with ctx.db.read() as s:
        job = _job(s, job_id)
        if job.status in RESUMABLE and known_kind(job.kind).trains:
            faults = missing_inputs(ctx.settings, s, make_stored(job.spec))
        else:
            faults = {}
    with ctx.db.write() as s:
        job = _job(s, job_id)
        if job.status in (JobStatus.QUEUED, *ACTIVE):
            return
        if job.status not in RESUMABLE or not known_kind(job.kind).resumes:
            raise Fault("job.not_resumable", name=job.name)
        if faults:
            raise SpecError(faults)
        waiting = queries.queued_in(s, job.lane)
        job.position = waiting[0].position - 1.0 if waiting else job.position
        if known_kind(job.kind).needs_weights and (model := base_models.get_model(s, job.base_model_id or 0)):
            fetch_weights(s, model)
        job.status, job.request, job.finished_at = JobStatus.QUEUED, None, None
        job.phase = job.seconds_left = None


def move_job(ctx: Context, job_id: int, direction: Literal["up", "down"]) -> None:
    """Swap a queued job with its neighbour. Does nothing at the end of the queue. Raises NotFound or Fault("job.not_queued")."""
    with ctx.db.write() as s:
        job = _job(s, job_id)
        if job.status != JobStatus.QUEUED:
            raise Fault("job.not_queued", name=job.name)
        waiting = queries.queued_in(s, job.lane)
        place = [other.id for other in waiting].index(job_id)
        target = place - 1 if direction == "up" else place + 1
        if 0 <= target < len(waiting):
            waiting[place].position, waiting[target].position = waiting[target].position, waiting[place].position


def delete_job(ctx: Context, job_id: int) -> None:
    """Hide an ended job and free the disk of its checkpoints and of its list of questions; what it made and its history stay.

    Raises:
        NotFound: there is no such job.
        Fault: "job.still_active".
    """
    with ctx.db.write() as s:
        job = _job(s, job_id)
        if job.status not in FINAL:
            raise Fault("job.still_active", name=job.name)
        job.deleted_at = time.time()
        queries.forget_checkpoints(s, job_id)
    for folder in ("checkpoints", "list", *KEPT):
        shutil.rmtree(ctx.settings.home / "jobs" / str(job_id) / folder, ignore_errors=True)
