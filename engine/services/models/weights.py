"""Which weights of a job are its model, where the job left two sets: those of its best check and those of its last step."""

from __future__ import annotations

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.jobs.kinds.export import EXPORT
from engine.models.tuned.versions import columns_with, in_use, versions_of
from engine.shapes.models import KeptWeights
from storage.job_tables import UNFINISHED, Job
from storage.queries import tuned_models
from storage.tables import TunedModel


def weights_of(row: TunedModel) -> list[KeptWeights]:
    """The sets of weights that a model can be, the best one first; empty where there is nothing to choose."""
    used = in_use(row.metrics)
    return [
        {
            "which": which,
            "step": one["metrics"]["model_step"],
            "val_loss": one["metrics"]["val_loss"],
            "bytes": one["bytes"],
            "in_use": which == used,
        }
        for which, one in versions_of(row.metrics).items()
    ]


def use_weights(ctx: Context, tuned_id: int, which: str) -> None:
    """Make the best check's weights the model, or the last step's: chats and exports, its numbers and those of its job go by
    them from now on. Scored answers are known of the best ones alone.

    Args:
        which: "best" or "last".

    Raises:
        NotFound: there is no such model, or it has no such weights.
        Fault: "tuned.weights_gone", "tuned.exporting", "tuned.training".
    """
    with ctx.db.read() as s:
        tuned = tuned_models.get_tuned(s, tuned_id)
    if tuned is None or which not in versions_of(tuned.metrics):
        raise NotFound(tuned=tuned_id)
    there = ctx.settings.absolute(columns_with(tuned.metrics, which)["path"]).is_dir()
    with ctx.db.write() as s:
        tuned = tuned_models.get_tuned(s, tuned_id)
        if tuned is None or which not in versions_of(tuned.metrics):
            raise NotFound(tuned=tuned_id)
        columns, job = columns_with(tuned.metrics, which), s.get_one(Job, tuned.job_id)
        if not there:
            raise Fault("tuned.weights_gone", name=tuned.name)
        if any(one.status in UNFINISHED for one in tuned_models.exports_of(s, tuned_id, EXPORT.key)):
            raise Fault("tuned.exporting", name=tuned.name)
        if job.status in UNFINISHED:
            raise Fault("tuned.training", name=tuned.name)
        for name, value in columns.items():
            setattr(tuned, name, value)
        numbers = versions_of(tuned.metrics)[which]["metrics"]
        job.result = {key: value for key, value in job.result.items() if key != "answers"} | numbers
        job.val_loss = numbers["val_loss"]
