"""The one door to a checkpoint's weights: are they still those that training wrote? Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.models.base.known_files import KnownFiles, check, look
from engine.models.tuned.integrity import hash_of_result

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.job_tables import Checkpoint

TRAINED_FILE, STATE_FILE = "trained.safetensors", "method.safetensors"
WEIGHT_FILES = (TRAINED_FILE, STATE_FILE)  # all that the model needs, without what training goes on from
_ALWAYS_BELOW = 32 << 20  # small weights are hashed at every load: that takes a moment


def checkpoint_hash(checkpoint: Checkpoint) -> str:
    """Names the weights of a checkpoint; empty where it has none any more."""
    found = _weights(checkpoint)
    return hash_of_result(found) if found else ""


def intact_checkpoint(settings: Settings, checkpoint: Checkpoint, job: str) -> Path:
    """The folder of a checkpoint, whose weights are as they were written.

    Args:
        job: name of its job, for the sentence.

    Raises:
        Fault: "chat.checkpoint_gone", "chat.checkpoint_damaged", "training.model_unreadable".
    """
    if fault := _missing(settings, checkpoint, job):
        raise fault
    known = _known(settings, checkpoint)
    try:
        difference = check(known)
    except OSError as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if difference:
        raise Fault("chat.checkpoint_damaged", job=job, step=checkpoint.step)
    return known.folder


def checkpoint_change(settings: Settings, checkpoint: Checkpoint, job: str) -> Fault | None:
    """What sizes and times, and the last check, say against it: quick enough for a page."""
    if fault := _missing(settings, checkpoint, job):
        return fault
    try:
        changed = look(_known(settings, checkpoint)).difference
    except OSError:
        return None  # the next load says more
    return Fault("chat.checkpoint_damaged", job=job, step=checkpoint.step) if changed else None


def _missing(settings: Settings, checkpoint: Checkpoint, job: str) -> Fault | None:
    folder, weights = settings.absolute(checkpoint.path), _weights(checkpoint)
    there = checkpoint.deleted_at is None and TRAINED_FILE in weights
    if there and all((folder / name).is_file() for name in weights):
        return None
    return Fault("chat.checkpoint_gone", job=job, step=checkpoint.step)


def _weights(checkpoint: Checkpoint) -> dict[str, str]:
    return {name: checkpoint.files[name] for name in WEIGHT_FILES if name in checkpoint.files}


def _known(settings: Settings, checkpoint: Checkpoint) -> KnownFiles:
    kept_in = settings.home / "cache" / "checks" / f"checkpoint-{checkpoint.id}.json"
    weights = _weights(checkpoint)
    folder, expected = settings.absolute(checkpoint.path), hash_of_result(weights)
    return KnownFiles(kept_in, folder, tuple(weights), (), expected, hash_of_result, _ALWAYS_BELOW, weights)
