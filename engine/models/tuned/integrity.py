"""The one door to a tuned model's files: are they still those that training stored? Imports no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.models.base.inspect import hash_file
from engine.models.base.known_files import FileDifference, KnownFiles, OnBytes, check, forget, look, remember
from engine.models.tuned.results import SHOTS

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import TunedModel

_WEIGHTS = ".safetensors"
_ALWAYS_BELOW = 32 << 20  # adapters are hashed at every load: that takes a moment


def intact_result(
    settings: Settings, tuned: TunedModel, *, whole: bool = False, on_bytes: OnBytes = lambda _count: None
) -> Path:
    """The folder of a tuned model, checked as `intact_weights` checks a base's.

    Raises:
        Fault: "chat.damaged" for a file that changed, "tuned.file_gone" for one that vanished, "training.model_unreadable".
    """
    known = _known(settings, tuned)
    try:
        difference = _all_gone(known) or check(known, whole=whole, on_bytes=on_bytes)
    except OSError as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if difference:
        raise _fault(known, tuned, difference)
    return known.folder


def result_change(settings: Settings, tuned: TunedModel) -> Fault | None:
    """What sizes and times, and the last check, say against it: quick enough for a page."""
    if tuned.deleted_at is not None or not tuned.path:
        return None
    known = _known(settings, tuned)
    try:
        difference = _all_gone(known) or look(known).difference
    except OSError:
        return None  # the next load says more
    return _fault(known, tuned, difference) if difference else None


def forget_checks(settings: Settings, tuned_id: int) -> None:
    """What a deleted tuned model leaves."""
    forget(_kept_in(settings, tuned_id))


def hash_of_result(hashes: Mapping[str, str]) -> str:
    """One hash of a result: that of its only weights file, or one over the hashes of several, in the order of their names."""
    found = [hashes[name] for name in sorted(hashes)]
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def hashes_of_result(folder: Path) -> dict[str, str]:
    """sha256 of every file that `intact_result` looks at, by its name within the folder."""
    return {name: hash_file(folder / name) for name in sorted({*hashed_files(folder), *_settings_of(folder)})}


def remember_result(settings: Settings, tuned_id: int, folder: Path, expected: str, hashes: Mapping[str, str]) -> None:
    """The hashes that were made when the result was stored."""
    weights, kept_in = tuple(hashed_files(folder)), _kept_in(settings, tuned_id)
    remember(KnownFiles(kept_in, folder, weights, (), expected, hash_of_result), hashes)


def hashed_files(folder: Path) -> list[str]:
    """The names of the files that a result's hash is about: its safetensors, or all that it has where examples are the result."""
    every = _names(folder)
    return [name for name in every if name.endswith(_WEIGHTS)] or (every if SHOTS in every else [])


def _names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def _settings_of(folder: Path) -> list[str]:
    return [name for name in _names(folder) if name.endswith(".json")]


def _known(settings: Settings, tuned: TunedModel) -> KnownFiles:
    folder = settings.absolute(tuned.path)
    weights = tuple(hashed_files(folder))
    others = tuple(name for name in _settings_of(folder) if name not in weights)
    kept_in = _kept_in(settings, tuned.id)
    return KnownFiles(kept_in, folder, weights, others, tuned.weights_hash, hash_of_result, _ALWAYS_BELOW)


def _kept_in(settings: Settings, tuned_id: int) -> Path:
    return settings.home / "cache" / "checks" / f"tuned-{tuned_id}.json"


def _all_gone(known: KnownFiles) -> FileDifference | None:
    return None if known.weights else FileDifference("", gone=True)


def _fault(known: KnownFiles, tuned: TunedModel, difference: FileDifference) -> Fault:
    file = f"tuned/{known.folder.name}/{difference.file}".rstrip("/")
    return Fault("tuned.file_gone" if difference.gone else "chat.damaged", file=file, name=tuned.name)
