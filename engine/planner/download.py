"""The weights of a model that is planned with before they are here: what their download adds to a plan."""

from __future__ import annotations

from engine.planner.time.disk import Space
from storage.model_status import KNOWN
from storage.tables import LanguageModel


def download_bytes(model: LanguageModel) -> int:
    """Bytes that are fetched before a job on the model starts; 0 where its weights are here. How long that takes, nobody knows before."""
    if model.status != KNOWN:
        return 0
    return int(((model.config or {}).get("_tunesmith") or {}).get("hub", {}).get("bytes") or 0)


def missing_bytes(model: LanguageModel) -> int | None:
    """Bytes of its weights, where they are not here yet; None where they are."""
    return download_bytes(model) if model.status == KNOWN else None


def download_spaces(model: LanguageModel) -> list[Space]:
    """What the download writes to the disk, where there is one."""
    size = download_bytes(model)
    return [Space("download", size)] if size else []
