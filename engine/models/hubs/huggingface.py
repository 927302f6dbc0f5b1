"""The Hugging Face hub and its mirrors, by its own client."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.models.hubs.asking import SECONDS, client, json_of, part_of
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

_ETAG_SECONDS = 8
_EXPAND = ("safetensors", "downloads", "gated", "tags")


def _token(address: HubAddress) -> str | bool:
    """The key of the environment, or False: then the client sends none, whatever it finds."""
    return (os.environ.get("HF_TOKEN") or False) if address.trusted else False


def _listing(address: HubAddress, name: str, revision: str | None) -> Listing:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=address.url, token=_token(address))
    info = api.model_info(name, revision=revision, files_metadata=True, timeout=SECONDS)
    files = {file.rfilename: RemoteFile(file.size or 0) for file in info.siblings or ()}
    card: Mapping[str, Any] = info.card_data.to_dict() if info.card_data else {}
    licence = word(card.get("license_name")) or word(card.get("license"))
    return Listing(str(info.sha), files, licence, words(card.get("language")))


def _get(address: HubAddress, name: str, revision: str, file: str, _remote: RemoteFile, folder: Path) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(
        name, file, revision=revision, local_dir=folder, etag_timeout=_ETAG_SECONDS, endpoint=address.url,
        token=_token(address),
    )  # fmt: skip


def _read(
    address: HubAddress, name: str, revision: str, file: str, _remote: RemoteFile, first: int, count: int
) -> bytes:
    with client(_authorization(address)) as asked:
        return part_of(asked, f"{address.url}/{name}/resolve/{revision}/{quote(file)}", first, count)


def _authorization(address: HubAddress) -> dict[str, str]:
    token = _token(address)
    return {"authorization": f"Bearer {token}"} if token else {}


def _search(address: HubAddress, text: str, most: int) -> list[Found]:
    asked_for = {"pipeline_tag": "text-generation", "filter": "safetensors", "sort": "downloads", "limit": str(most)}
    pairs = [("search", text), *asked_for.items(), *(("expand", one) for one in _EXPAND)]
    with client(_authorization(address)) as asked:
        found = json_of(asked, "GET", f"{address.url}/api/models", params=pairs)
    if not isinstance(found, list):
        raise ValueError("the hub's answer is no list")
    return [_found(one) for one in found[:most] if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _found(one: Mapping[str, Any]) -> Found:
    tags = one.get("tags")
    told = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    counted = one.get("safetensors")
    licences = [tag.removeprefix("license:") for tag in told if tag.startswith("license:")]
    return Found(
        one["id"],
        whole_number(one.get("downloads")),
        whole_number(counted.get("total")) if isinstance(counted, dict) else None,
        word(licences[0]) if licences else None,
        words([tag for tag in told if len(tag) == 2 and tag.islower()]),
        gated=one.get("gated") not in (None, False),
    )


HUGGING_FACE = HubKind(
    key="huggingface",
    label="Hugging Face",
    url="https://huggingface.co",
    listing=_listing,
    get=_get,
    read=_read,
    search=_search,
)
