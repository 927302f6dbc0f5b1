"""What pages and terminals see of a base model: its row, the job that is at it, what its hub and its files say."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.settings import Settings
from engine.data.templates.token_rows import TokenRows
from engine.jobs.kinds.know_model import KNOW_MODEL
from engine.jobs.kinds.prepare_model import PREPARE_MODEL
from engine.models.base.integrity import change_of
from engine.models.base.vocabulary import finding_of
from engine.models.hubs.declaration import HubAddress
from engine.models.presence import can_plan
from engine.services.models.fitting import fit_here
from engine.shapes.models import BaseModelView, ModelFacts, PrepareProgress
from storage.job_tables import FINAL, Job, JobStatus
from storage.model_status import KNOWN, READY
from storage.queries import base_models as queries
from storage.queries import jobs as job_queries
from storage.tables import LanguageModel

_COLUMNS = ("id", "name", "source", "ref", "parameters", "context_length", "weights_hash", "created_at")


def view_of(settings: Settings, s: Session, model: LanguageModel) -> BaseModelView:
    """One base model."""
    job = None if model.status == READY else last_job(s, model)
    status, error = model.status, model.error
    if job is not None and job.status not in FINAL:
        status, error = KNOWN if status == KNOWN else "preparing", None
    elif job is not None and status == KNOWN and error is None and job.status != JobStatus.SUCCEEDED:
        error = job.error or {"code": "model.cancelled", "params": {}}
    elif job is not None and status == "preparing":  # its worker could not say so itself
        status, error = "failed", job.error or {"code": "model.cancelled", "params": {}}
    if status == READY and (changed := change_of(settings, model)):
        status, error = "failed", dict(changed.as_dict())
    view = {column: getattr(model, column) for column in _COLUMNS} | {
        "status": status,
        "error": error,
        "default_template": bool((model.config or {}).get("_tunesmith", {}).get("default_template")),
        "architecture": (model.config or {}).get("model_type"),
        "facts": facts_of(model),
        "fits": fit_here(s, model.config, model.parameters) if can_plan(model) else None,
        **_vocabulary(settings, s, model),
        "job_id": job.id if job else None,
        "progress": _progress(job) if job is not None and job.status not in FINAL else None,
    }
    return cast(BaseModelView, view)


def _vocabulary(settings: Settings, s: Session, model: LanguageModel) -> dict[str, Any]:
    """What is said of tokens without a row, whether a copy with rows for them can be made, and the copy that is there."""
    told: dict[str, Any] = {"vocabulary": None, "resizable": False, "resized": None}
    if not can_plan(model) or model.tokenizer_path is None:
        return told
    rows = TokenRows.read(settings.absolute(model.tokenizer_path)) or TokenRows()  # not yet looked into: on first need
    if (finding := finding_of(rows)) is None:
        return told
    copy = queries.find_model(s, source="resized", ref=str(model.id))
    return {"vocabulary": finding, "resizable": rows.resizable, "resized": copy.id if copy else None}


def facts_of(model: LanguageModel) -> ModelFacts | None:
    """What a hub said of a model, and what its template says; None of others, and of those that earlier versions fetched."""
    told = (model.config or {}).get("_tunesmith", {}).get("hub")
    if not told:
        return None
    return {
        "bytes": told.get("bytes"),
        "licence": told.get("licence"),
        "languages": list(told.get("languages") or ()),
        "tools": told.get("tools"),
        "thinking": told.get("thinking"),
        "hub": HubAddress(told["kind"], told["url"]).label,
    }


def _progress(job: Job) -> PrepareProgress:
    """Bytes of the phase that a prepare job is in; `fraction` is None where the total is not known, `label` before there is one."""
    return {
        "phase": job.phase or job.status,
        "label": PREPARE_MODEL.phase(job.phase).label.as_dict() if job.phase else None,
        "done": job.step,
        "total": job.total_steps,
        "fraction": min(1.0, job.step / job.total_steps) if job.total_steps else None,
    }


def last_job(s: Session, model: LanguageModel) -> Job | None:
    """The newest job that prepared a model or, before it was known, looked at it."""
    kinds = (PREPARE_MODEL,) if model.status == KNOWN else (PREPARE_MODEL, KNOW_MODEL)
    found = (job_queries.alike(s, kind.key, deleted=True, limit=1, base_model_id=model.id) for kind in kinds)
    return max((job for jobs in found for job in jobs), key=lambda job: job.id, default=None)
