"""The job that gets to know a hub's model: its small files, checked, its tokenizer written, its weights counted by their headers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.token_rows import FILE as EMBEDDING_FILE
from engine.jobs.reporter import Reporter
from engine.jobs.runners.model_rows import NOTES, check_architecture, staging_folder, store, telling_failure
from engine.models.base import hub
from engine.models.base.download_progress import ByteProgress
from engine.models.base.inspect import Inspection, inspect_ahead
from engine.models.base.number_formats import format_of
from engine.models.base.paths import model_folder
from engine.models.base.read_files import hashes_of
from engine.models.base.tensors import StoredTensor, tensors_in
from engine.models.base.tokenizer import save_tokenizer
from engine.models.base.vocabulary import look_ahead
from engine.models.hub_address import address_of, as_stored
from engine.models.hubs.declaration import HubAddress
from storage.job_tables import Job
from storage.model_status import KNOWN
from storage.tables import LanguageModel


@dataclass(frozen=True)
class _Known:
    """What was learnt of a model."""

    address: HubAddress
    repository: hub.Repository
    inspection: Inspection
    tensors: Sequence[StoredTensor]
    files: Path
    tokenizer: Path
    default_template: bool


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Get to know the job's base model. Raises Fault; the model's row then says why that failed."""
    with ctx.db.read() as s:
        model = s.get(LanguageModel, job.base_model_id)
    if model is None or model.deleted_at:
        raise NotFound(model=job.base_model_id)
    started = time.monotonic()
    with telling_failure(reporter, model.id, "failed"):
        known = _learn(ctx.settings, model, job, ByteProgress(reporter))
    store(reporter, model.id, **_columns(ctx.settings, model.name, known))
    reporter.finish("succeeded", result={"base_model_id": model.id, "seconds": round(time.monotonic() - started, 1)})


def _learn(settings: Settings, model: LanguageModel, job: Job, progress: ByteProgress) -> _Known:
    progress.phase("preparing")
    if settings.offline:
        raise Fault("model.offline", name=model.ref)
    address = address_of(settings, job.spec.get("hub"))
    staging = staging_folder(settings, model.id)
    progress.phase("looking")
    repository, beginnings = hub.know(address, model.ref, staging, progress)
    progress.phase("checking")
    sizes = repository.files
    tensors = [one for name, begun in beginnings.items() for one in tensors_in(name, begun, sizes[name].size)]
    inspection = inspect_ahead(staging, tensors)
    check_architecture(inspection, staging)
    tokenizer = model_folder(settings, model.id) / "tokenizer"
    default = save_tokenizer(staging, tokenizer, model.name)
    look_ahead(tensors, inspection.config, tokenizer).write(tokenizer)
    return _Known(address, repository, inspection, tensors, staging, tokenizer, default)


def _columns(settings: Settings, name: str, known: _Known) -> dict[str, Any]:
    files = hashes_of(known.files, known.tokenizer)
    files["tokenizer"].pop(EMBEDDING_FILE, None)  # says more when the weights are here
    notes = {
        "default_template": known.default_template,
        "stored": format_of(known.tensors),
        "converted_from": {},
        "files": files,
        "hub": _facts(name, known),
    }
    return {
        "status": KNOWN,
        "error": None,
        "tokenizer_path": settings.relative(known.tokenizer),
        "config": known.inspection.config | {NOTES: notes},
        "parameters": known.inspection.parameters,
        "context_length": known.inspection.context_length,
    }


def _facts(name: str, known: _Known) -> dict[str, Any]:
    """What is kept of the hub's answer and of the template: the weights come later, of the same revision."""
    template, repository = open_template(known.tokenizer, name), known.repository
    return {
        **as_stored(known.address),
        **repository.as_dict(),
        "bytes": repository.bytes,
        "tools": not known.default_template and "tools" not in template.dropped,
        "thinking": template.knows_thinking,
    }
