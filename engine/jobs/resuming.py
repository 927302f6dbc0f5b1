"""Does it help to resume a job that ended early? Declared for each way to fail; what people are advised follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.core.shapes import CodedMessage

Helps = Literal["at_once", "mended", "never"]
_AT_ONCE: Helps = "at_once"  # nothing was wrong with the job itself
_MENDED: Helps = "mended"  # once that is done which the error's sentence asks for
_NEVER: Helps = "never"  # the same settings end in the same way: of every error that is not named here

RESUMING: Mapping[str, Helps] = {
    "worker.interrupted": _AT_ONCE,
    "worker.crashed": _AT_ONCE,
    "job.lost": _AT_ONCE,
    "job.rebooted": _AT_ONCE,
    "job.never_started": _AT_ONCE,
    "job.signalled": _AT_ONCE,
    "job.crashed": _AT_ONCE,
    "chat.failed": _AT_ONCE,
    "model.cancelled": _AT_ONCE,
    "job.cannot_start": _MENDED,
    "job.killed": _MENDED,
    "job.out_of_memory": _MENDED,
    "job.model_not_ready": _MENDED,
    "model.changed": _MENDED,
    "model.vanished": _MENDED,
    "model.changed_here": _MENDED,
    "model.vanished_here": _MENDED,
    "model.no_disk": _MENDED,
    "model.checksum": _MENDED,
    "model.hub_unreachable": _MENDED,
    "model.download_failed": _MENDED,
    "starter.unreachable": _MENDED,
    "chat.damaged": _MENDED,
    "tuned.file_gone": _MENDED,
    "chat.no_memory": _MENDED,
    "chat.no_memory_alone": _MENDED,
    "chat.out_of_memory": _MENDED,
    "export.no_memory": _MENDED,
    "export.disk_full": _MENDED,
    "training.disk_full": _MENDED,
    "training.out_of_memory": _MENDED,
    "training.out_of_memory_loading": _MENDED,
    "data.import.disk_full": _MENDED,
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
