"""Lengths of a data set for a model: measured once, kept under home/cache/lengths."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.core.settings import Settings
from engine.data.rows.training_rows import training_sample
from engine.data.templates.lengths import MOST_ROWS, LengthTable, measure
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder
from storage.tables import Dataset, LanguageModel

_VERSION = 3


def lengths_of(
    settings: Settings, model: LanguageModel, dataset: Dataset, mask: Mapping[str, Any], *, controls: bool = False
) -> LengthTable:
    """The table of a ready data set for a ready model; fast when it was measured before.

    Args:
        mask: as an objective says.
        controls: whether control tokens in texts work as such.
    """
    folder = tokenizer_folder(settings, model)
    stamp = (folder / "tokenizer.json").stat().st_mtime_ns
    how = "-".join(f"{key}={value}" for key, value in sorted({**mask, "controls": controls}.items()))
    name = f"{dataset.content_hash}-{dataset.id}-{model.id}-{stamp}-{how}-{_VERSION}.json"
    file = settings.folder("cache", "lengths") / name
    if not file.is_file():
        assert dataset.rows_path is not None
        rows, total = training_sample(settings.absolute(dataset.rows_path), MOST_ROWS)
        table = measure(rows, total, ChatTemplate.load(folder).with_controls(controls), mask)
        temporary = file.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(table.as_dict(), separators=(",", ":")), encoding="utf-8")
        temporary.replace(file)
    return _read(file)


@lru_cache(maxsize=8)
def _read(file: Path) -> LengthTable:
    return LengthTable.from_dict(json.loads(file.read_text(encoding="utf-8")))
