"""What a model's embedding lacks for a data set's rows: refused before a job is started, with the tokens and the rows named."""

from __future__ import annotations

from typing import Any

from engine.core.settings import Settings
from engine.core.shapes import Faults
from engine.data.templates.lengths import LengthTable
from engine.data.templates.token_rows import TokenRows
from engine.jobs.spec import JobSpec
from engine.models.base.paths import token_rows_of
from engine.objectives import objective_of
from engine.objectives.shared_params import controls_work
from engine.planner.time.length_cache import lengths_of
from storage.tables import Dataset, LanguageModel


def vocabulary_faults(settings: Settings, model: LanguageModel, dataset: Dataset, spec: JobSpec) -> Faults:
    """Faults by field; rows are read only where the tokenizer knows tokens that the embedding lacks.

    Raises:
        Fault: when the model's files are not there.
    """
    rows = token_rows_of(settings, model)
    if rows.configured is None and not rows.lacking:
        return {}
    mask, controls = objective_of(spec.objective).mask(spec.training), controls_work(spec.training)
    table = lengths_of(settings, model, dataset, mask, controls=controls)
    return faults_of(rows, table, model)


def faults_of(rows: TokenRows, table: LengthTable, model: LanguageModel) -> Faults:
    """The same for rows that were measured."""
    if rows.configured is not None:
        said = {"configured": rows.configured, "rows": rows.rows}
        return {"base_model": {"code": "model.rows_differ", "params": said}}
    if not table.beyond.rows:
        return {}
    params: dict[str, Any] = {**table.beyond.params(table.scale), "size": rows.rows, "model": model.name}
    return {"base_model": {"code": "job.tokens_beyond", "params": params}}
