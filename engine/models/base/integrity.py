"""The one door to a base model's weights: whoever loads them asks here, and gets none that changed. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.small_files import read_object
from engine.models.base.inspect import hash_of_parts, weight_files
from engine.models.base.known_files import (
    FileDifference,
    FileStamps,
    KnownFiles,
    OnBytes,
    check,
    forget,
    look,
    remember,
)
from engine.models.base.paths import is_ours, weights_folder
from engine.models.base.read_files import difference, fault_of, is_tokenizers, taken_in
from engine.models.trust.foreign_files import refuse_foreign

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel

_CONFIG = "config.json"
_FAULTS = {  # by whether the files are the user's own, and whether one vanished
    (True, False): "model.changed",
    (True, True): "model.vanished",
    (False, False): "model.changed_here",
    (False, True): "model.vanished_here",
}


def intact_weights(
    settings: Settings, model: LanguageModel, *, whole: bool = False, on_bytes: OnBytes = lambda _count: None
) -> Path:
    """The folder with config.json and safetensors, which are still those of the day when the model was added.

    Sizes and times are compared at every call; hashes the first time, once a day, where a time is another, and where `whole`.
    That can take two seconds for each gigabyte: never call it while a page waits. Small files that are read beside the weights
    are compared too, and what would be read instead of them is refused.

    Args:
        on_bytes: hears of each hashed block; what it raises ends this.

    Raises:
        Fault: "job.model_not_ready", "model.changed" or "model.vanished" and their like, "training.model_unreadable",
            "model.foreign_adapter", "model.link_outside" and their like.
    """
    folder = weights_folder(settings, model)
    refuse_foreign(folder)
    try:
        found = _small_difference(settings, model, folder) or _difference(
            settings, model, whole=whole, on_bytes=on_bytes
        )
    except OSError as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if found:
        raise _fault(settings, model, found)
    return folder


def intact_settings(settings: Settings, model: LanguageModel) -> Path:
    """The folder of `intact_weights`, for those who read the small files in it alone.

    Raises:
        Fault: as `intact_weights`, but for the weights.
    """
    folder = weights_folder(settings, model)
    refuse_foreign(folder)
    try:
        found = _small_difference(settings, model, folder)
    except OSError as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if found:
        raise _fault(settings, model, found)
    return folder


def change_of(settings: Settings, model: LanguageModel, *, quick: bool = True) -> Fault | None:
    """What sizes and times, and the last check, say against the weights: quick enough for a page.

    Args:
        quick: leave out large files of the tokenizer that were not hashed yet.
    """
    if not _is_known(model):
        return None
    folder = settings.absolute(str(model.path))
    try:
        refuse_foreign(folder)
        known = _small_difference(settings, model, folder, quick=quick) or _known_or_gone(settings, model, folder)
    except OSError:
        return None  # the next load says more
    except Fault as fault:
        return fault
    found = known if isinstance(known, FileDifference) else look(known).difference
    return _fault(settings, model, found) if found else None


def may_have_changed(settings: Settings, model: LanguageModel) -> bool:
    """Whether only a hash can tell that the files are the same: no check was made yet, or a time is another."""
    if not _is_known(model):
        return False
    known = _known_or_gone(settings, model, settings.absolute(str(model.path)))
    origin = _origin(settings, model)
    unsure = isinstance(known, KnownFiles) and bool(look(known).unsure)
    return unsure or (origin is not None and bool(look(origin).unsure))


def was_replaced(settings: Settings, model: LanguageModel) -> bool:
    """Whether the user's own folder holds another model now: to be registered as one of its own."""
    fault, origin = change_of(settings, model), _origin(settings, model)
    if fault is not None:
        return fault.code == _FAULTS[True, False]
    if origin is None:
        return bool(_made_of(model)) and next(Path(model.ref).glob("*.gguf"), None) is not None  # of another name
    return look(origin).difference is not None


def check_origin(settings: Settings, model: LanguageModel) -> None:
    """Hash the file that the weights were made of, where its time is another, and remember. The weights stay what they are."""
    if (origin := _origin(settings, model)) is not None:
        check(origin)


def _origin(settings: Settings, model: LanguageModel) -> KnownFiles | None:
    """The user's file that the weights were made of. None where there is none, or it is not there any more."""
    made_of = _made_of(model)
    if not made_of or not all((Path(model.ref) / name).is_file() for name in made_of):
        return None
    kept_in = _kept_in(settings, model.id).with_name(f"origin-{model.id}.json")
    return KnownFiles(kept_in, Path(model.ref), tuple(made_of), (), hash_of_parts(made_of), hash_of_parts)


def _made_of(model: LanguageModel) -> dict[str, str]:
    """Names and hashes of that file; models of earlier versions do not know them."""
    return dict(((model.config or {}).get("_tunesmith") or {}).get("converted_from") or {})


def remember_weights(
    settings: Settings, model_id: int, folder: Path, hashes: Mapping[str, str], stamps: FileStamps
) -> None:
    """The hashes that were made when the model was added, of files that had those sizes and times before."""
    forget(taken_in(settings, model_id))
    known = KnownFiles(_kept_in(settings, model_id), folder, tuple(hashes), (), hash_of_parts(hashes), hash_of_parts)
    remember(known, hashes, stamps)


def forget_checks(settings: Settings, model_id: int) -> None:
    """What a removed model leaves."""
    for kind in ("base", "origin"):
        forget(_kept_in(settings, model_id).with_name(f"{kind}-{model_id}.json"))
    forget(taken_in(settings, model_id))


def _is_known(model: LanguageModel) -> bool:
    return model.status == "ready" and bool(model.path) and bool(model.weights_hash)


def _kept_in(settings: Settings, model_id: int) -> Path:
    return settings.home / "cache" / "checks" / f"base-{model_id}.json"


def _difference(settings: Settings, model: LanguageModel, *, whole: bool, on_bytes: OnBytes) -> FileDifference | None:
    if not model.weights_hash:
        return None
    known = _known_or_gone(settings, model, settings.absolute(str(model.path)))
    return known if isinstance(known, FileDifference) else check(known, whole=whole, on_bytes=on_bytes)


def _known_or_gone(settings: Settings, model: LanguageModel, folder: Path) -> KnownFiles | FileDifference:
    try:
        files = weight_files(folder)
    except Fault as fault:
        return FileDifference(
            str(fault.params.get("file", "model.safetensors")), gone=fault.code != "model.file_broken"
        )
    names = tuple(file.name for file in files)
    return KnownFiles(_kept_in(settings, model.id), folder, names, (), str(model.weights_hash), hash_of_parts)


def _small_difference(
    settings: Settings, model: LanguageModel, folder: Path, *, quick: bool = False
) -> FileDifference | None:
    return _config_difference(folder, model) or (
        difference(settings, model, quick=quick) if model.weights_hash else None
    )


def _config_difference(folder: Path, model: LanguageModel) -> FileDifference | None:
    """config.json says how the weights are to be read, and is stored with the model: its content is compared."""
    if not model.weights_hash or not model.config:
        return None
    try:
        now = read_object(folder / _CONFIG)
    except Fault as fault:
        if fault.code == "model.file_missing":
            return FileDifference(_CONFIG if folder.is_dir() else str(folder), gone=True)
        return FileDifference(_CONFIG, gone=False)
    return None if _said(now) == _said(model.config) else FileDifference(_CONFIG, gone=False)


def _said(config: Mapping[str, Any]) -> str:
    """Without what we add."""
    return json.dumps({key: value for key, value in config.items() if not key.startswith("_tunesmith")}, sort_keys=True)


def _fault(settings: Settings, model: LanguageModel, found: FileDifference) -> Fault:
    if is_tokenizers(found):
        return fault_of(settings, model, found)
    own = not is_ours(settings, model)
    said = {"name": model.name, "file": found.file, "folder": str(settings.absolute(str(model.path)))}
    return Fault(_FAULTS[own, found.gone], **said, ref=model.ref)
