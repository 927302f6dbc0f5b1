"""The small files that are read of a prepared base beside its weights: settings in its folder, and the tokenizer that we wrote.

Their hashes are made when the model is prepared and stored in its row. Of models of earlier versions they are taken as they are
found first, and kept under `cache/checks`. They are hashed once a process and whenever size, time, place or change time is
another: a process that trains or answers therefore hashes them anew. Imports no torch.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.models.base.inspect import hash_file
from engine.models.base.known_files import FileDifference, stamp_in
from engine.models.presence import can_plan, is_bare

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel

_ROWS = "embedding.json"  # found by the weights: earlier versions did not write it at once, and it is found again where it is gone
FOLDER_FILES = (
    "generation_config.json", "model.safetensors.index.json", "resized.json", "special_tokens_map.json", "tokenizer_config.json",
)  # fmt: skip
TOKENIZER_FILES = ("chat_template.jinja", _ROWS, "special.json", "tokenizer.json")
_SETTLED_NS = 1_000_000_000  # a file that changed less than this ago may change again without another time
_PAGE_BYTES = 1 << 20  # larger files that are not known yet are not hashed while a page waits
_known: dict[str, tuple[list[int], str]] = {}  # by file: its stamp and its hash, of this process
_log = logging.getLogger(__name__)
Hashes = dict[str, dict[str, str]]


def hashes_of(weights: Path, tokenizer: Path) -> Hashes:
    """sha256 of the files that are there, as a model's row keeps them."""
    return {"weights": _hashes(weights, FOLDER_FILES), "tokenizer": _hashes(tokenizer, TOKENIZER_FILES)}


def difference(
    settings: Settings, model: LanguageModel, *, tokenizer_only: bool = False, quick: bool = False
) -> FileDifference | None:
    """The first file that is not what it was: changed, gone or added.

    Args:
        tokenizer_only: leave out the folder with the weights.
        quick: leave out large files that this process has not hashed yet: for pages.

    Raises:
        OSError: a file cannot be read.
    """
    tokenizer_only = tokenizer_only or is_bare(model)
    if not can_plan(model) or not model.tokenizer_path or not (tokenizer_only or model.path):
        return None
    folders = {"tokenizer": settings.absolute(model.tokenizer_path)}
    folders |= {} if tokenizer_only else {"weights": settings.absolute(str(model.path))}
    if (known := _stored(model)) is None:
        return _taken(settings, model, folders, quick=quick)
    return _first(known, folders, quick=quick, later=(_ROWS,) if is_bare(model) else ())


def require_tokenizer(settings: Settings, model: LanguageModel) -> None:
    """Raises Fault("model.changed_here") or "model.vanished_here" where a file of the tokenizer is another one."""
    try:
        found = difference(settings, model, tokenizer_only=True)
    except OSError as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if found:
        raise fault_of(settings, model, found)


def fault_of(settings: Settings, model: LanguageModel, found: FileDifference) -> Fault:
    """The sentence about a file of the tokenizer, which we made ourselves."""
    code = "model.vanished_here" if found.gone else "model.changed_here"
    folder = str(settings.absolute(str(model.tokenizer_path)))
    return Fault(code, name=model.name, file=found.file, folder=folder, ref=model.ref)


def is_tokenizers(found: FileDifference) -> bool:
    """Whether the file lies in the tokenizer's folder."""
    return found.file in TOKENIZER_FILES


def taken_in(settings: Settings, model_id: int) -> Path:
    """Where the hashes of a model of earlier versions are kept."""
    return settings.home / "cache" / "checks" / f"files-{model_id}.json"


def _stored(model: LanguageModel) -> Hashes | None:
    found: Hashes | None = ((model.config or {}).get("_tunesmith") or {}).get("files")
    return found


def _taken(
    settings: Settings, model: LanguageModel, folders: Mapping[str, Path], *, quick: bool
) -> FileDifference | None:
    """Of a model that came without hashes: what was seen first counts, in each folder."""
    file = taken_in(settings, model.id)
    known = _read(file)
    if missing := {part: folder for part, folder in folders.items() if part not in known}:
        if not quick:
            _write(file, known | {part: _hashes(folder, _names(part)) for part, folder in missing.items()})
        folders = {part: folder for part, folder in folders.items() if part in known}
    return _first(known, folders, quick=quick, later=(_ROWS,))


def _names(part: str) -> tuple[str, ...]:
    return TOKENIZER_FILES if part == "tokenizer" else FOLDER_FILES


def _first(
    known: Mapping[str, Mapping[str, str]], folders: Mapping[str, Path], *, quick: bool, later: tuple[str, ...] = ()
) -> FileDifference | None:
    for part, folder in folders.items():
        right = known.get(part, {})
        for name in _names(part):
            expected, file = right.get(name), f"{folder}{os.sep}{name}"
            if (stamp := _stamp(file)) is None:
                if expected is not None and name != _ROWS:
                    return FileDifference(name, gone=True)
            elif expected is None and name in later:
                continue
            elif expected is None or _hash(file, stamp, quick=quick) not in (expected, None):
                return FileDifference(name, gone=False)
    return None


def _hashes(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    files = ((name, f"{folder}{os.sep}{name}") for name in names)
    return {name: str(_hash(file, stamp)) for name, file in files if (stamp := _stamp(file)) is not None}


def _stamp(file: str) -> list[int] | None:
    """None where there is no file."""
    try:
        found = os.stat(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stamp_in(found) if stat.S_ISREG(found.st_mode) else None


def _hash(file: str, stamp: list[int], *, quick: bool = False) -> str | None:
    """None where it is large, not known, and a page waits."""
    if (known := _known.get(file)) is not None and known[0] == stamp:
        return known[1]
    if quick and stamp[0] > _PAGE_BYTES:
        return None
    digest = hash_file(Path(file))
    if time.time_ns() - max(stamp[1], stamp[2]) > _SETTLED_NS:
        _known[file] = (stamp, digest)
    return digest


def _read(file: Path) -> Hashes:
    try:
        found: Hashes = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def _write(file: Path, hashes: Hashes) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(hashes), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        _log.warning("The hashes of a model's small files could not be kept: %s", error)
