"""A base model whose weights are not here yet: the first question has them fetched, and says so."""

from __future__ import annotations

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.jobs.queue import fetch_weights
from engine.models.presence import bare_fault
from storage.model_status import READY
from storage.queries.base_models import get_model
from storage.queries.jobs import get_job
from storage.tables import LanguageModel


def require_weights(ctx: Context, base: LanguageModel) -> None:
    """Have the weights of a base fetched where they are not here.

    Raises:
        Fault: "chat.weights_coming" with how far they are, or "model.offline_weights".
        NotFound: the model was removed meanwhile.
    """
    if base.status == READY:
        return
    with ctx.db.write() as s:
        model = get_model(s, base.id)
        if model is None:
            raise NotFound(base_model=base.id)
        if fault := bare_fault(ctx.settings, model):
            raise fault
        if (job_id := fetch_weights(s, model)) is None:
            return  # they came meanwhile
        job = get_job(s, job_id)
    told = ((model.config or {}).get("_tunesmith") or {}).get("hub") or {}
    total = (job.total_steps if job else None) or told.get("bytes") or 0
    raise Fault("chat.weights_coming", name=model.name, done_mb=round((job.step if job else 0) / 1e6), total_mb=round(total / 1e6))  # fmt: skip
