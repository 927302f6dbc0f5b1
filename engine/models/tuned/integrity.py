"""The one door to a tuned model's files: are they still those that training stored? Imports no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.models.base.inspect import hash_file
from engine.models.base.known_files import FileDifference, KnownFiles, OnBytes, check, forget, look, remember
from engine.models.trust.adapter_settings import refuse_adapter_settings
from engine.models.tuned.results import ADAPTER_CONFIG, SHOTS, adapter_config

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import TunedModel

FILES = "files"  # of the lineage: the hashes of the files in each folder of a job
_README = "README.md"
_OF_ADAPTERS = ("adapter", None)  # formats of results that have settings of PEFT
_WEIGHTS = ".safetensors"
_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy", ".npz"})
_ALWAYS_BELOW = 32 << 20  # adapters are hashed at every load: that takes a moment


def intact_result(
    settings: Settings, tuned: TunedModel, *, whole: bool = False, on_bytes: OnBytes = lambda _count: None
) -> Path:
    """The folder of a tuned model, checked as `intact_weights` checks a base's.

    Raises:
        Fault: "chat.damaged" for a file that changed, "tuned.file_gone" for one that vanished, "tuned.file_added" for one that was
            not there, "tuned.leads_elsewhere", "training.model_unreadable".
    """
    known = _known(settings, tuned)
    try:
        _refuse_others(known, tuned)
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
        _refuse_others(known, tuned)
        difference = _all_gone(known) or look(known).difference
    except OSError:
        return None  # the next load says more
    except Fault as fault:
        return fault
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
    return {name: hash_file(folder / name) for name in _names(folder)}


def remember_result(settings: Settings, tuned_id: int, folder: Path, expected: str, hashes: Mapping[str, str]) -> None:
    """The hashes that were made when the result was stored."""
    weights, kept_in = tuple(hashed_files(folder)), _kept_in(settings, tuned_id)
    remember(KnownFiles(kept_in, folder, weights, (), expected, hash_of_result), hashes)


def hashed_files(folder: Path) -> list[str]:
    """The names of the files that a result's hash is about: its safetensors, or all that it has where examples are the result."""
    every = _names(folder)
    return [name for name in every if name.endswith(_WEIGHTS)] or (every if SHOTS in every else [])


def _names(folder: Path) -> list[str]:
    """All files but the words for people, which may be written anew."""
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return [name for name in names if name != _README]


def _refuse_others(known: KnownFiles, tuned: TunedModel) -> None:
    """What was not there when training stored the result: a pickle, a link, a further file; and settings that lead elsewhere."""
    for file in known.folder.rglob("*") if known.folder.is_dir() else ():
        name = file.relative_to(known.folder).as_posix()
        added = known.each and file.is_file() and name != _README and name not in known.each
        if added or file.is_symlink() or file.suffix.casefold() in _PICKLES:
            raise _said("tuned.file_added", known, tuned, name)
    gone = next((name for name in known.each if not (known.folder / name).is_file()), None)
    if gone is not None:
        raise _said("tuned.file_gone", known, tuned, gone)
    if (known.folder / ADAPTER_CONFIG).is_file():
        if tuned.format not in _OF_ADAPTERS:  # a result of earlier versions, which does not name its files
            raise _said("tuned.file_added", known, tuned, ADAPTER_CONFIG)
        refuse_adapter_settings(_settings_of(known, tuned), ADAPTER_CONFIG)


def _settings_of(known: KnownFiles, tuned: TunedModel) -> dict[str, Any]:
    try:
        return adapter_config(known.folder)
    except Fault:
        raise _said("chat.damaged", known, tuned, ADAPTER_CONFIG) from None


def _known(settings: Settings, tuned: TunedModel) -> KnownFiles:
    folder = settings.absolute(tuned.path)
    weights = tuple(hashed_files(folder))
    others = tuple(name for name in _names(folder) if name not in weights)
    kept_in, each = _kept_in(settings, tuned.id), ((tuned.lineage or {}).get(FILES) or {}).get(folder.name, {})
    return KnownFiles(kept_in, folder, weights, others, tuned.weights_hash, hash_of_result, _ALWAYS_BELOW, each)


def _kept_in(settings: Settings, tuned_id: int) -> Path:
    return settings.home / "cache" / "checks" / f"tuned-{tuned_id}.json"


def _all_gone(known: KnownFiles) -> FileDifference | None:
    return None if known.weights else FileDifference("", gone=True)


def _fault(known: KnownFiles, tuned: TunedModel, difference: FileDifference) -> Fault:
    return _said("tuned.file_gone" if difference.gone else "chat.damaged", known, tuned, difference.file)


def _said(code: str, known: KnownFiles, tuned: TunedModel, name: str) -> Fault:
    return Fault(code, file=f"tuned/{known.folder.name}/{name}".rstrip("/"), name=tuned.name)
