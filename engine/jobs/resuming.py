"""Does it help to resume a job that ended early? Declared for each way to fail; what people are advised follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.core.obstacles import STATUS
from engine.core.shapes import CodedMessage

Helps = Literal["at_once", "perhaps", "fixed", "never"]
KEPT = (
    "examples",
    "prepared",
    "answers",
)  # folders of a job that ended early: what it goes on with besides a checkpoint
_AT_ONCE: Helps = "at_once"  # nothing was wrong with the job itself
_PERHAPS: Helps = "perhaps"  # nobody foresaw this end: chance, or the same the next time
_FIXED: Helps = "fixed"  # once that is done which the error's sentence asks for
_NEVER: Helps = "never"  # the same settings end in the same way: of every error that is not named here

RESUMING: Mapping[str, Helps] = {
    "worker.interrupted": _AT_ONCE,
    "worker.crashed": _PERHAPS,
    "job.lost": _AT_ONCE,
    "job.rebooted": _AT_ONCE,
    "job.never_started": _AT_ONCE,
    "job.signalled": _PERHAPS,
    "job.crashed": _PERHAPS,
    "chat.failed": _PERHAPS,
    "model.cancelled": _AT_ONCE,
    "training.no_time_again": _PERHAPS,
    "job.download_ended": _AT_ONCE,
    "model.offline_weights": _FIXED,
    "model.gated": _FIXED,
    "job.cannot_start": _FIXED,
    "job.killed": _FIXED,
    "job.out_of_memory": _FIXED,
    "job.model_not_ready": _FIXED,
    "model.changed": _FIXED,
    "model.vanished": _FIXED,
    "model.changed_here": _FIXED,
    "model.vanished_here": _FIXED,
    "model.no_disk": _FIXED,
    "model.checksum": _FIXED,
    "model.hub_unreachable": _FIXED,
    "model.download_failed": _FIXED,
    "starter.unreachable": _FIXED,
    "chat.damaged": _FIXED,
    "tuned.file_gone": _FIXED,
    "chat.no_memory": _FIXED,
    "chat.no_memory_alone": _FIXED,
    "chat.out_of_memory": _FIXED,
    "export.no_memory": _FIXED,
    "export.disk_full": _FIXED,
    "training.disk_full": _FIXED,
    "training.out_of_memory": _FIXED,
    "training.out_of_memory_loading": _FIXED,
    "data.import.disk_full": _FIXED,
    **dict.fromkeys(
        ("push.unreachable", "push.connection_lost", "push.busy", "push.refused", "push.crashed"), _PERHAPS
    ),
    **dict.fromkeys(("push.bad_token", "push.no_token", "push.quota", "push.forbidden", "push.offline"), _FIXED),
    **dict.fromkeys(STATUS, _FIXED),  # what the machine would not do
}


def resuming_helps(job: Mapping[str, Any]) -> bool:
    """Whether a job that may be resumed should be.

    Args:
        job: a job's view, without its headline.
    """
    return bool(job["can"]["resume"]) and _helps(job) != _NEVER


def resume_advice(job: Mapping[str, Any]) -> CodedMessage | None:
    """What to say of resuming: text `resume.<code>`. None where there is nothing to say.

    Args:
        job: a job's view, without its headline.
    """
    if not job["can"]["resume"]:
        return None
    helps = _helps(job)
    if helps == _NEVER:
        return {"code": "other_settings", "params": {}} if job["trains"] else None
    if not job["trains"]:
        return {"code": f"{helps}.again", "params": {}}
    if job["checkpoint_step"] is None:
        return {"code": f"{helps}.anew", "params": {}}
    return {"code": f"{helps}.step", "params": {"step": job["checkpoint_step"]}}


def _helps(job: Mapping[str, Any]) -> Helps:
    """A job that was stopped, or whose worker was gone without a word, has no error."""
    if not job["inputs_there"]:
        return _NEVER
    return RESUMING.get(job["error"]["code"], _NEVER) if job["error"] else _AT_ONCE
