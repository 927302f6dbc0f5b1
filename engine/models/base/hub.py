"""Fetches a model from a hub: only safetensors, settings and tokenizer, never code or pickles.

What talks to a hub runs in a child (`python -m engine.models.base.hub`), which can be ended at any time and goes on where it was.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.small_files import MOST_JSON
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.models.base.inspect import read_config
from engine.models.base.tensors import LONGEST_HEADER
from engine.models.hubs import BY_KEY
from engine.models.hubs.asking import as_fault
from engine.models.hubs.declaration import MOST_BYTES, NAME, HubAddress, Listing, RemoteFile

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"^(?:{_PART}/)?{_PART}$")
_ADDRESS = re.compile(r"^https?://[^/]+/(?:models/)?([^/]+/[^/?#]+)")
_SMALL = ("config.json", "generation_config.json", "tokenizer*.json", "tokenizer*.model", "special_tokens_map.json",
          "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "*.model", "spiece.*")  # fmt: skip
_INDEX, _WHOLE = "model.safetensors.index.json", "model.safetensors"
_AT_ONCE = 4
_FIRST_BYTES = 1 << 16  # most headers are shorter
_ENVIRONMENT = {"HF_HUB_ETAG_TIMEOUT": "8", "HF_HUB_DOWNLOAD_TIMEOUT": "20"}
_HEADERS = ".headers"  # end of the folder beside a download that holds them


@dataclass(frozen=True)
class Repository:
    """What is to be fetched of a repository, at one moment."""

    revision: str  # by which the same files are found again
    files: dict[str, RemoteFile]  # those that we load, by name
    licence: str | None = None  # its short name
    languages: tuple[str, ...] = ()  # codes

    @property
    def bytes(self) -> int:
        """Size of all of them."""
        return sum(file.size for file in self.files.values())

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def repository_of(stored: Mapping[str, Any]) -> Repository:
    """The JSON form, read."""
    files = {name: RemoteFile(**file) for name, file in stored["files"].items()}
    return Repository(stored["revision"], files, stored["licence"], tuple(stored["languages"]))


def check_name(name: str) -> str:
    """A hub name out of what was typed, or copied from the address line. Raises Fault("model.bad_name")."""
    plain = name.strip()
    if found := _ADDRESS.match(plain):
        plain = found.group(1)
    if not _NAME.match(plain) or ".." in plain or "--" in plain:
        raise Fault("model.bad_name", name=name.strip()[:100])
    return plain


def fetch(
    address: HubAddress,
    name: str,
    target: Path,
    progress: ByteProgress,
    begin: Callable[[int], None],
    *,
    revision: str | None = None,
    known: Repository | None = None,
) -> None:
    """Download `name` into `target`; a partial download goes on where it was.

    Args:
        begin: tells the phase of so many bytes; 0 while that is not known.
        known: what was listed before: just that is fetched.

    Raises:
        Fault: "model.hub_unreachable", "model.not_found", "model.gated", "model.pickle_only", "model.no_disk" ...
        Cancelled: the user no longer wants it.
    """
    begin(0)
    found = known or repository_of(_child("list", address, name, target, progress, revision=revision))
    _need_disk(target, found.bytes)
    begin(found.bytes)
    _child("get", address, name, target, progress, repository=found.as_dict())
    shutil.rmtree(target / ".cache", ignore_errors=True)


def know(address: HubAddress, name: str, target: Path, progress: ByteProgress) -> tuple[Repository, dict[str, bytes]]:
    """Fetch all but the weights into `target`: what was listed, and the beginning of each weights file, which says what is in it.

    Raises:
        Fault: as `fetch`, and "model.*" for what may not be loaded.
        Cancelled: the user no longer wants it.
    """
    headers = target.with_name(target.name + _HEADERS)
    try:
        found = repository_of(_child("know", address, name, target, progress, headers=str(headers)))
        return found, {file.name: file.read_bytes() for file in sorted(headers.iterdir())}
    finally:
        shutil.rmtree(headers, ignore_errors=True)


def _child(action: str, address: HubAddress, name: str, folder: Path, progress: ByteProgress, **more: Any) -> Any:
    asked = {"action": action, "hub": asdict(address), "name": name, "folder": str(folder), **more}
    argv = [sys.executable, "-m", "engine.models.base.hub"]
    outcome = run_watched(argv, folder, progress, _ENVIRONMENT, told=json.dumps(asked))
    if outcome.code != 0:
        outcome.raise_fault()
    return json.loads(outcome.last_line)


def _need_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    missing = max(0, needed - there)
    if missing * 1.05 > free:
        raise Fault("model.no_disk", need_gb=f"{missing / 1e9:.2f}", free_gb=f"{free / 1e9:.2f}")


def wanted(files: Mapping[str, RemoteFile]) -> dict[str, RemoteFile]:
    """Of a repository's files those that we load.

    Raises:
        Fault: "model.pickle_only", "model.no_weights", "model.foreign_adapter" or "model.file_too_large".
    """
    top = {name: file for name, file in files.items() if "/" not in name and NAME.match(name)}
    weights = [name for name in top if re.fullmatch(r"model(-\d+-of-\d+)?\.safetensors", name)]
    if not weights:
        if "adapter_config.json" in top:
            raise Fault("model.foreign_adapter", file="adapter_config.json")
        pickles = any(name.endswith((".bin", ".pt", ".pth")) for name in top)
        raise Fault("model.pickle_only" if pickles else "model.no_weights")
    if _WHOLE in weights:  # loaded instead of any parts
        weights = [_WHOLE]
    small = [name for name in top if any(fnmatch.fnmatch(name, pattern) for pattern in _SMALL)]
    index = [name for name in top if name == _INDEX and _WHOLE not in weights]
    for name in small + index:
        if top[name].size > MOST_JSON:
            raise Fault("model.file_too_large", file=name, size_mb=round(top[name].size / 1e6), most_mb=round(MOST_JSON / 1e6))  # fmt: skip
    return {name: top[name] for name in sorted({*small, *index, *weights})}


def is_weights(name: str) -> bool:
    """Whether a file of `wanted` is one of those that are fetched last."""
    return name.endswith(".safetensors")


# ------------------------------------------------------------------ in the child


def _listed(address: HubAddress, name: str, revision: str | None) -> Repository:
    found: Listing = BY_KEY[address.kind].listing(address, name, revision)
    if not all(isinstance(file.size, int) and 0 <= file.size <= MOST_BYTES for file in found.files.values()):
        raise Fault("model.hub_unreachable", name=name, reason="sizes of files that no file has")
    return Repository(found.revision, wanted(found.files), found.licence, found.languages)


def _get(address: HubAddress, name: str, repository: Repository, folder: Path, *, weights: bool) -> None:
    kind, files = BY_KEY[address.kind], repository.files
    _clear(folder, files)

    def get(file: str) -> None:
        kind.get(address, name, repository.revision, file, files[file], folder)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(get, [file for file in files if not is_weights(file)]))
        read_config(folder)  # refuse before the large files come
        if weights:
            list(pool.map(get, [file for file in files if is_weights(file)]))


def _clear(folder: Path, files: Mapping[str, RemoteFile]) -> None:
    """Take away what an earlier look at another revision left, which would be read as well."""
    for there in folder.iterdir():
        if there.is_file() and there.name not in files and not there.name.startswith(".") and there.suffix != ".part":
            there.unlink()


def _know(address: HubAddress, name: str, folder: Path, headers: Path) -> Repository:
    found = _listed(address, name, None)
    _get(address, name, found, folder, weights=False)
    headers.mkdir(parents=True, exist_ok=True)

    def read(file: str) -> None:
        (headers / file).write_bytes(_beginning(address, name, found, file))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(read, [file for file in found.files if is_weights(file)]))
    return found


def _beginning(address: HubAddress, name: str, repository: Repository, file: str) -> bytes:
    """The header of a safetensors file with its length before it."""
    remote, read = repository.files[file], BY_KEY[address.kind].read
    first = read(address, name, repository.revision, file, remote, 0, min(_FIRST_BYTES, remote.size))
    length = 8 + int.from_bytes(first[:8], "little")
    if not 8 < length <= min(LONGEST_HEADER, remote.size):
        raise Fault("model.file_broken", file=file)
    if length <= len(first):
        return first[:length]
    rest = read(address, name, repository.revision, file, remote, len(first), length - len(first))
    return first + rest


def _as_fault(error: Exception, name: str) -> Fault:
    """What a hub's client raised, as a fault of ours."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return Fault("model.gated", name=name)
    if isinstance(error, errors.LocalEntryNotFoundError):  # its name is of the client's cache: nothing answered
        return Fault("model.hub_unreachable", name=name, reason=_reason(error.__cause__ or error))
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError)):
        return Fault("model.not_found", name=name)
    return as_fault(error, name)


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def main(told: str) -> int:
    """Do what was asked, as JSON; the answer, or a fault, is the last line."""
    asked = json.loads(told)
    address, name, folder = HubAddress(**asked["hub"]), asked["name"], Path(asked["folder"])
    try:
        if asked["action"] == "list":
            print(json.dumps(_listed(address, name, asked["revision"]).as_dict()))
        elif asked["action"] == "know":
            print(json.dumps(_know(address, name, folder, Path(asked["headers"])).as_dict()))
        else:
            _get(address, name, repository_of(asked["repository"]), folder, weights=True)
            print("{}")
    except Exception as error:  # whatever it was, the parent needs it as a fault
        print(json.dumps(_as_fault(error, name).as_dict()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
