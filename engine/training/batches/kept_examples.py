"""Rows as tokens, kept in the job's folder while it may be gone on with: they are made once, however often it is resumed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.core.caches import keep
from engine.training.batches.examples import Examples
from engine.training.batches.tokenized_dataset import TokenizedDataset

_VERSION = 3  # of how rows become tokens: files of another one are made anew
_MADE = "made.json"


def kept_examples(folder: Path, made_of: dict[str, Any], make: Callable[[], Examples]) -> tuple[Examples, bool]:
    """The examples, and whether they were there already.

    Args:
        made_of: everything that they depend on, as JSON.
        make: makes them, with their files in `folder`.
    """
    key = hashlib.sha256(json.dumps([_VERSION, made_of], sort_keys=True, default=str).encode()).hexdigest()
    if (known := _known(folder, key)) is not None:
        return known, True
    shutil.rmtree(folder, ignore_errors=True)
    found = make()
    told = {"key": key, "counts": dict(found.counts), "refusals": found.refusals}
    keep(folder / _MADE, json.dumps(told))
    return found, False


def _known(folder: Path, key: str) -> Examples | None:
    try:
        told = json.loads((folder / _MADE).read_text(encoding="utf-8"))
        if told["key"] != key:
            return None
        found = Examples(Counter(told["counts"]), told["refusals"])
        found.train, found.val = (TokenizedDataset(folder / f"{split}.arrow") for split in ("train", "val"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found
