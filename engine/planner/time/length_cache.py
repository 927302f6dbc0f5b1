"""Lengths of a data set for a model: measured once, kept under home/cache/lengths."""

from __future__ import annotations

import json
from pathlib import Path

from engine.core.caches import keep
from engine.core.settings import Settings
from engine.data.rows.training_rows import training_sample
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.lengths import MOST_ROWS, LengthTable, measure
from engine.jobs.spec import JobSpec
from engine.models.base.paths import tokenizer_folder
from engine.objectives import objective_of
from engine.objectives.shared_params import as_trained, controls_work, thinking_wish
from engine.planner.time.example_lengths import measure_examples
from storage.tables import Dataset, LanguageModel

_VERSION = 6
_MOST_TABLES = 8
_NO_LIMIT = 1 << 40  # of the tokens of a row: what a limit leaves is counted afterwards
_TABLES: dict[Path, LengthTable] = {}  # the newest ones, by their files


def lengths_of(settings: Settings, model: LanguageModel, dataset: Dataset, spec: JobSpec) -> LengthTable:
    """The table of a ready data set for a ready model, read as the job reads it; fast when it was measured before."""
    objective = objective_of(spec.objective)
    mask = objective.mask(spec.training)
    read = {"controls": controls_work(spec.training), "thinking": thinking_wish(spec.training)}
    folder = tokenizer_folder(settings, model)
    stamp = (folder / "tokenizer.json").stat().st_mtime_ns
    read |= {"objective": objective.key} if objective.makes_bundles else {}
    how = "-".join(f"{key}={value}" for key, value in sorted({**mask, **read}.items()))
    name = f"{dataset.content_hash}-{dataset.id}-{model.id}-{stamp}-{how}-{_VERSION}.json"
    file = settings.home / "cache" / "lengths" / name
    if (known := _TABLES.get(file)) is not None:
        return known
    if file.is_file():
        return _remembered(file, LengthTable.from_dict(json.loads(file.read_text(encoding="utf-8"))))
    assert dataset.rows_path is not None
    rows, total = training_sample(settings.absolute(dataset.rows_path), MOST_ROWS)
    template = as_trained(open_template(folder, model.name), spec.training)
    if objective.makes_bundles:
        values = {**spec.training, "max_length": _NO_LIMIT}
        table = measure_examples(
            rows, total, template, lambda told: objective.examples(template, values, told), objective.views, mask
        )
    else:
        table = measure(rows, total, template, mask)
    keep(file, json.dumps(table.as_dict(), separators=(",", ":")))
    return _remembered(file, table)


def _remembered(file: Path, table: LengthTable) -> LengthTable:
    while len(_TABLES) >= _MOST_TABLES:
        _TABLES.pop(next(iter(_TABLES)), None)
    _TABLES[file] = table
    return table
