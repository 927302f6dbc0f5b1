"""Fetches a model from the Hugging Face hub: only safetensors, settings and tokenizer, never code or pickles.

The download runs in a child (`python -m engine.models.base.hub`), which can be ended at any time and goes on where it was.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.models.base.inspect import read_config

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"^(?:{_PART}/)?{_PART}$")
_SMALL = ("config.json", "generation_config.json", "tokenizer*.json", "tokenizer*.model", "special_tokens_map.json",
          "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "*.model", "spiece.*")  # fmt: skip
_TIMEOUT_SECONDS = 8
_AT_ONCE = 4
_ENVIRONMENT = {"HF_HUB_ETAG_TIMEOUT": str(_TIMEOUT_SECONDS), "HF_HUB_DOWNLOAD_TIMEOUT": "20"}


def check_name(name: str) -> str:
    """A hub name without blanks around it. Raises Fault("model.bad_name")."""
    name = name.strip()
    if not _NAME.match(name) or ".." in name or "--" in name:
        raise Fault("model.bad_name", name=name[:100])
    return name


def fetch(name: str, target: Path, progress: ByteProgress, revision: str | None = None) -> None:
    """Download `name` into `target`; a partial download goes on where it was.

    Raises:
        Fault: "model.hub_unreachable", "model.not_found", "model.gated", "model.pickle_only", "model.no_disk" ...
        Cancelled: the user no longer wants it.
    """
    progress.phase("downloading")
    found = json.loads(_child(["list", name, revision or ""], target, progress))
    size = sum(found["files"].values())
    _need_disk(target, size)
    progress.phase("downloading", size)
    _child(["get", name, found["commit"], str(target), *found["files"]], target, progress)
    shutil.rmtree(target / ".cache", ignore_errors=True)


def _child(arguments: list[str], folder: Path, progress: ByteProgress) -> str:
    argv = [sys.executable, "-m", "engine.models.base.hub", *arguments]
    outcome = run_watched(argv, folder, progress, _ENVIRONMENT)
    if outcome.code != 0:
        outcome.raise_fault()
    return outcome.last_line


def _need_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed * 1.05 > free:
        raise Fault("model.no_disk", need_gb=f"{needed / 1e9:.2f}", free_gb=f"{free / 1e9:.2f}")


def wanted(sizes: dict[str, int]) -> dict[str, int]:
    """Of a repository's files those that we load. Raises Fault("model.pickle_only") or Fault("model.no_weights")."""
    top = {name: size for name, size in sizes.items() if "/" not in name}
    weights = [name for name in top if re.fullmatch(r"model(-\d+-of-\d+)?\.safetensors", name)]
    if not weights:
        pickles = any(name.endswith((".bin", ".pt", ".pth")) for name in top)
        raise Fault("model.pickle_only" if pickles else "model.no_weights")
    small = [name for name in top if any(fnmatch.fnmatch(name, pattern) for pattern in _SMALL)]
    index = [name for name in top if name == "model.safetensors.index.json"]
    return {name: top[name] for name in sorted({*small, *index, *weights})}


# ------------------------------------------------------------------ in the child


def _list(name: str, revision: str | None) -> None:
    from huggingface_hub import HfApi

    info = HfApi().model_info(name, revision=revision, files_metadata=True, timeout=_TIMEOUT_SECONDS)
    files = wanted({file.rfilename: file.size or 0 for file in info.siblings or ()})
    print(json.dumps({"commit": info.sha, "files": files}))


def _get(name: str, commit: str, target: Path, files: list[str]) -> None:
    from huggingface_hub import hf_hub_download

    def get(file: str) -> None:
        hf_hub_download(name, file, revision=commit, local_dir=target, etag_timeout=_TIMEOUT_SECONDS)

    small = [file for file in files if not file.endswith(".safetensors")]
    for file in small:
        get(file)
    read_config(target)  # refuse before the large files come
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(get, [file for file in files if file not in small]))


def _as_fault(error: Exception, name: str) -> Fault:
    """What the hub's client raised, as a fault of ours."""
    from huggingface_hub import errors

    if isinstance(error, Fault):
        return error
    if isinstance(error, errors.GatedRepoError):
        return Fault("model.gated", name=name)
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError)):
        return Fault("model.not_found", name=name)
    if (met := obstacle(error)) is not None:
        return met
    reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
    return Fault("model.hub_unreachable", name=name, reason=reason)


def main(arguments: list[str]) -> int:
    """`list NAME REVISION` or `get NAME REVISION FOLDER FILE...`; a fault is the last line, as JSON."""
    action, name, revision = arguments[0], arguments[1], arguments[2] or None
    try:
        if action == "list":
            _list(name, revision)
        else:
            _get(name, arguments[2], Path(arguments[3]), arguments[4:])
    except Exception as error:  # whatever it was, the parent needs it as a fault
        print(json.dumps(_as_fault(error, name).as_dict()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
