"""What the pages see of a job: its row with names, what may be done with it, and its state in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.jobs.kinds import known_kind
from engine.jobs.linked import stages_awaited
from engine.jobs.outcomes import MeasuredMerit, measured
from engine.jobs.progress import duration, fraction, seconds_left
from engine.jobs.resuming import resume_advice, resuming_helps
from engine.jobs.status_messages import status_message
from engine.jobs.supervisor import is_stalled
from engine.jobs.waiting import awaits_weights, weights_coming
from engine.objectives import OBJECTIVES
from engine.shapes.jobs import JobBrief, JobCan, JobState, JobView, StageAwaited, StagePlace, WeightsComing
from storage.job_tables import ACTIVE, FINAL, RESUMABLE, Job, JobStatus
from storage.queries import base_models, comparisons, events, inputs, linked_jobs, metrics
from storage.queries import jobs as queries
from storage.queries.tuned_models import tuned_names

_LISTED = (
    "id", "name", "tags", "note", "kind", "status", "phase", "lane", "step", "total_steps", "train_loss", "val_loss",
    "method", "dataset_id", "base_model_id", "created_at", "started_at", "finished_at", "attempt", "error",
    "request", "parent_id",
)  # fmt: skip
_COLUMNS = (*_LISTED, "result", "spec")


ValLosses = Mapping[int, list[metrics.Point]]  # of each job


@dataclass
class _Around:
    """What views need beside the rows, fetched once for all of them."""

    datasets: dict[int, str] = field(default_factory=dict)
    models: dict[int, str] = field(default_factory=dict)
    tuned: dict[int, int] = field(default_factory=dict)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    checkpoints: dict[int, int] = field(default_factory=dict)
    val_losses: ValLosses = field(default_factory=dict)
    comparisons: dict[int, int] = field(default_factory=dict)
    ran: dict[int, float] = field(default_factory=dict)
    coming: dict[int, WeightsComing] = field(default_factory=dict)
    objectives: dict[int, str] = field(default_factory=dict)
    links: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    models_there: set[int] = field(default_factory=set)
    datasets_there: set[int] = field(default_factory=set)
    starts: dict[int, str] = field(default_factory=dict)
    awaited: dict[int, StageAwaited] = field(default_factory=dict)

    def has_inputs(self, job: Job) -> bool:
        """Whether what the job reads was not removed."""
        model, dataset = job.base_model_id, job.dataset_id
        return (model is None or model in self.models_there) and (dataset is None or dataset in self.datasets_there)


def _around(s: Session, jobs: Sequence[Job], losses: ValLosses) -> _Around:
    ids, ended = [job.id for job in jobs], [job.id for job in jobs if job.status in FINAL]
    datasets, models = ({getattr(job, of) for job in jobs} - {None} for of in ("dataset_id", "base_model_id"))
    return _Around(
        datasets=inputs.dataset_names(s, datasets),
        models=base_models.model_names(s, models),
        tuned=queries.tuned_ids(s, ids),
        places=queries.queue_places(s) if any(job.status == JobStatus.QUEUED for job in jobs) else {},
        checkpoints=queries.last_checkpoints(s, ids),
        val_losses=losses,
        comparisons=comparisons.of_jobs(s, ids),
        ran=events.running_seconds(s, ended) if ended else {},
        coming=weights_coming(s, jobs),
        objectives=queries.objectives(s, [job.id for job in jobs if job.method]),
        models_there=base_models.models_there(s, models),
        datasets_there=inputs.datasets_there(s, datasets),
        awaited=stages_awaited(s, jobs),
        links=linked_jobs.links(s, ids),
    )


def _stage(link: Mapping[str, Any]) -> StagePlace | None:
    keys = ("run", "recipe", "stage", "place", "of")
    return cast(StagePlace, {key: link[key] for key in keys}) if link else None


def _can(job: Job, place: tuple[int, int] | None) -> JobCan:
    active, kind = job.status in ACTIVE, known_kind(job.kind)
    return {
        "stop": active and kind.stop == "saves" and job.request is None,
        "cancel": job.status == JobStatus.QUEUED or (active and job.request != "cancel"),
        "resume": job.status in RESUMABLE and kind.resumes,
        "move_up": place is not None and place[0] > 1,
        "move_down": place is not None and place[0] < place[1],
        "delete": job.status in FINAL,
    }


def _facts(job: Job) -> dict[str, Any]:
    """What pages need to know of a job's kind, so that they never ask for its key."""
    kind = known_kind(job.kind)
    return {
        "title": kind.title.as_dict(),
        "phase_label": kind.phase(job.phase).label.as_dict() if job.phase else None,
        "trains": kind.trains,
        "listed": kind.listed,
        "shown_at": kind.shown_at,
        "gives_file": kind.gives_file and job.status == JobStatus.SUCCEEDED,
    }


def _brief(job: Job, around: _Around, columns: Sequence[str]) -> dict[str, Any]:
    place = around.places.get(job.id)
    objectives = [one for one in OBJECTIVES if one.key == around.objectives.get(job.id)]
    by_reward = any(one.online is not None for one in objectives)
    return {
        **{key: getattr(job, key) for key in columns},
        **_facts(job),
        "objective": around.objectives.get(job.id),
        "talks": all(one.talks for one in objectives),
        "by_reward": by_reward,
        "reward": -job.val_loss
        if by_reward and job.val_loss is not None
        else None,  # checks report it with its sign turned
        "fraction": fraction(job),
        "seconds_left": seconds_left(job),
        "seconds": duration(job, around.ran) if job.status in FINAL else None,
        "dataset_name": around.datasets.get(job.dataset_id or 0),
        "base_model_name": around.models.get(job.base_model_id or 0),
        "queue_place": place[0] if place else None,
        "waits_for": around.coming.get(job.base_model_id or 0) if awaits_weights(job) else None,
        "awaits": around.awaited.get(job.id),
        "stage": _stage(around.links.get(job.id, {})),
        "stalled": job.status in ACTIVE and is_stalled(job),
        "checkpoint_step": around.checkpoints.get(job.id),
        "can": _can(job, place),
        "inputs_there": around.has_inputs(job),
        "tuned_id": around.tuned.get(job.id),
        "comparison_id": around.comparisons.get(job.id),
    }


def _view(job: Job, around: _Around, outcome: MeasuredMerit | None) -> JobView:
    view = cast(JobState, _brief(job, around, _COLUMNS))
    advice, helps = resume_advice(view), resuming_helps(view)
    return {
        **view,
        "starts_from": around.starts.get(job.spec.get("starts_from") or 0),
        "resume_advice": advice,
        "resuming_helps": helps,
        "headline": status_message(view, around.val_losses.get(job.id, []), outcome),
        "outcome": outcome.between() if outcome else None,
    }


def views(s: Session, jobs: Sequence[Job], losses: ValLosses | None = None) -> list[JobView]:
    """The views of some jobs, in their order.

    Args:
        losses: (step, loss) of each check of each of them, where they were read already.
    """
    if losses is None:
        losses = metrics.series_of(s, [job.id for job in jobs], "val_loss")
    around, outcomes = _around(s, jobs, losses), measured(s, jobs)
    around.starts = tuned_names(s, {began for job in jobs if (began := job.spec.get("starts_from"))})
    return [_view(job, around, outcomes.get(job.id)) for job in jobs]


def briefs(s: Session, jobs: Sequence[Job]) -> list[JobBrief]:
    """What lists show of some jobs, in their order; nothing is read of what they do not show."""
    around = _around(s, jobs, {})
    return [cast(JobBrief, _brief(job, around, _LISTED)) for job in jobs]
