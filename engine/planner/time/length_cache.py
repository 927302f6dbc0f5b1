"""Lengths of a data set for a model: measured once, kept under home/cache/lengths."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

from engine.core.settings import Settings
from engine.data.rows.training_rows import training_sample
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.lengths import MOST_ROWS, LengthTable, measure
from engine.jobs.spec import JobSpec
from engine.models.base.paths import tokenizer_folder
from engine.objectives import objective_of
from engine.objectives.shared_params import controls_work
from storage.tables import Dataset, LanguageModel

_VERSION = 4


def lengths_of(settings: Settings, model: LanguageModel, dataset: Dataset, spec: JobSpec) -> LengthTable:
    """The table of a ready data set for a ready model, read as the job reads it; fast when it was measured before."""
    mask, controls = objective_of(spec.objective).mask(spec.training), controls_work(spec.training)
    folder = tokenizer_folder(settings, model)
    stamp = (folder / "tokenizer.json").stat().st_mtime_ns
    how = "-".join(f"{key}={value}" for key, value in sorted({**mask, "controls": controls}.items()))
    name = f"{dataset.content_hash}-{dataset.id}-{model.id}-{stamp}-{how}-{_VERSION}.json"
    file = settings.folder("cache", "lengths") / name
    if not file.is_file():
        assert dataset.rows_path is not None
        rows, total = training_sample(settings.absolute(dataset.rows_path), MOST_ROWS)
        table = measure(rows, total, open_template(folder, model.name).with_controls(controls), mask)
        temporary = file.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(table.as_dict(), separators=(",", ":")), encoding="utf-8")
        temporary.replace(file)
    return _read(file)


@lru_cache(maxsize=8)
def _read(file: Path) -> LengthTable:
    return LengthTable.from_dict(json.loads(file.read_text(encoding="utf-8")))
