"""ModelScope, by its plain HTTP interface: its own client brings more than a hundred packages for three requests.

Its branch "master" moves; a file's content is pinned by the sha256 that the listing tells, and by the commit that has it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.models.hubs.asking import Refused, client, json_of, part_of
from engine.models.hubs.declaration import (
    Found,
    HubAddress,
    HubKind,
    Listing,
    RemoteFile,
    whole_number,
    word,
    words,
)

_BRANCH, _PART = "master", ".part"
_BLOCK = 1 << 20
_READ_SECONDS = 30.0  # without a byte
_TEXT = [{"category": "tasks", "predicate": "contains", "values": ["text-generation"]}]


def _headers(address: HubAddress) -> dict[str, str]:
    token = os.environ.get("MODELSCOPE_API_TOKEN", "") if address.trusted else ""
    return {"authorization": f"Bearer {token}"} if token else {}


def _data(given: Any) -> Mapping[str, Any]:
    data = given.get("Data") if isinstance(given, dict) else None
    if not isinstance(data, dict):
        raise Refused(404) if isinstance(given, dict) and given.get("Code") == 404 else ValueError("no sensible answer")
    return data


def _listing(address: HubAddress, name: str, revision: str | None) -> Listing:
    base = f"{address.url}/api/v1/models/{name}"
    with client(_headers(address)) as asked:
        wanted = {"Revision": revision or _BRANCH, "Recursive": "false"}
        found = _data(json_of(asked, "GET", f"{base}/repo/files", params=wanted)).get("Files")
        about = _about(asked, base)
    files = {str(one["Path"]): _file(one) for one in found or () if isinstance(one, dict) and _is_file(one)}
    return Listing(_state(files), files, word(about.get("License")), words(about.get("Language")))


def _about(asked: Any, base: str) -> Mapping[str, Any]:
    """What the hub says of a model beside its files; nothing where it does not."""
    try:
        return _data(json_of(asked, "GET", base))
    except (Refused, ValueError):
        return {}


def _is_file(one: Mapping[str, Any]) -> bool:
    return one.get("Type") == "blob" and isinstance(one.get("Path"), str) and whole_number(one.get("Size")) is not None


def _file(one: Mapping[str, Any]) -> RemoteFile:
    return RemoteFile(int(one["Size"]), word_of_hash(one.get("Sha256"), 64), word_of_hash(one.get("Revision"), 40))


def word_of_hash(value: Any, length: int) -> str | None:
    """A hash in hexadecimal of that many signs; None where it is none."""
    fits = isinstance(value, str) and len(value) == length and not set(value) - set("0123456789abcdef")
    return value if fits else None


def _state(files: Mapping[str, RemoteFile]) -> str:
    """A name for the whole repository as it is: the hub has none for it."""
    told = "".join(f"{name}:{one.sha256 or one.size}\n" for name, one in sorted(files.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def _address_of(address: HubAddress, name: str, file: str, remote: RemoteFile) -> tuple[str, dict[str, str]]:
    wanted = {"Revision": remote.revision or _BRANCH, "FilePath": file}
    return f"{address.url}/api/v1/models/{name}/repo", wanted


def _get(address: HubAddress, name: str, _revision: str, file: str, remote: RemoteFile, folder: Path) -> None:
    target, part = folder / file, folder / f"{file}{_PART}"
    if target.is_file() and _is_whole(target, remote):
        return
    folder.mkdir(parents=True, exist_ok=True)
    _go_on(address, name, file, remote, part)
    if not _is_whole(part, remote):
        part.unlink()
        raise Fault("model.moved_on", name=name, file=file, hub=address.label)
    part.replace(target)


def _go_on(address: HubAddress, name: str, file: str, remote: RemoteFile, part: Path) -> None:
    """Write what is missing of a file behind what is there."""
    there = part.stat().st_size if part.is_file() else 0
    if there >= remote.size > 0:
        return
    url, wanted = _address_of(address, name, file, remote)
    headers = {"range": f"bytes={there}-"} if there else {}
    with (
        client(_headers(address), _READ_SECONDS) as asked,
        asked.stream("GET", url, params=wanted, headers=headers) as given,
    ):
        if given.status_code not in (200, 206):
            raise Refused(given.status_code)
        written = there if given.status_code == 206 else 0
        with part.open("ab" if written else "wb") as out:
            for block in given.iter_bytes(_BLOCK):
                written += len(block)
                if written > remote.size:
                    break
                out.write(block)


def _is_whole(file: Path, remote: RemoteFile) -> bool:
    if file.stat().st_size != remote.size:
        return False
    with file.open("rb") as opened:
        return remote.sha256 in (None, hashlib.file_digest(opened, "sha256").hexdigest())


def _read(
    address: HubAddress, name: str, _revision: str, file: str, remote: RemoteFile, first: int, count: int
) -> bytes:
    url, wanted = _address_of(address, name, file, remote)
    with client(_headers(address)) as asked:
        return part_of(asked, url, first, count, params=wanted)


def _search(address: HubAddress, text: str, most: int) -> list[Found]:
    wanted = {"PageSize": most, "PageNumber": 1, "SortBy": "DownloadsCount", "Name": text, "Target": "",
              "SingleCriterion": [], "Criterion": _TEXT}  # fmt: skip
    with client(_headers(address)) as asked:
        model = _data(json_of(asked, "PUT", f"{address.url}/api/v1/dolphin/models", json=wanted)).get("Model")
    models = model.get("Models") if isinstance(model, dict) else None
    if not isinstance(models, list):
        raise ValueError("the hub's answer is no list")
    return [found for one in models[:most] if isinstance(one, dict) and (found := _found(one)) is not None]


def _found(one: Mapping[str, Any]) -> Found | None:
    owner, name, libraries = one.get("Path"), one.get("Name"), one.get("Libraries")
    if not isinstance(owner, str) or not isinstance(name, str):
        return None
    if isinstance(libraries, list) and libraries and "safetensors" not in libraries:
        return None
    return Found(f"{owner}/{name}", whole_number(one.get("Downloads")), licence=word(one.get("License")))


MODELSCOPE = HubKind(
    key="modelscope",
    label="ModelScope",
    url="https://modelscope.cn",
    listing=_listing,
    get=_get,
    read=_read,
    search=_search,
)
