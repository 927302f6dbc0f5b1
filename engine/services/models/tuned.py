"""Tuned models as the user handles them: list, lineage, rename, delete; `engine.services.models.exports` takes them away."""

from __future__ import annotations

import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.names import free_name
from engine.core.settings import Settings
from engine.data.importing.names import clean_name
from engine.exports.common.number_format import sizes_of
from engine.jobs.kinds.export import EXPORT
from engine.jobs.outcomes import outcomes_of, view_of
from engine.jobs.progress import duration_of
from engine.models.base.integrity import change_of
from engine.models.tuned.integrity import FILES, forget_checks, result_change
from engine.models.tuned.versions import LAST_SUFFIX
from engine.services.models import exports
from engine.services.models.exports import newest_exports, tuned_of, usual_needs
from engine.services.models.offers import offer_of
from engine.services.models.weights import weights_of
from engine.serving.scored_texts import talks
from engine.shapes.jobs import OutcomeView
from engine.shapes.models import TunedBrief, TunedView
from storage.job_tables import ACTIVE
from storage.queries import base_models, events, inputs, jobs, tuned_models
from storage.tables import LanguageModel, TunedModel

# one door for all that is done with tuned models
start_export, make_export, export_needs = exports.start_export, exports.make_export, exports.export_needs
export_file, export_folder, export_files = exports.export_file, exports.export_folder, exports.export_files


def list_tuned(ctx: Context, limit: int | None = None, before: int | None = None) -> list[TunedBrief]:
    """Every tuned model, or so many, the newest first; or those alone that are older than the one of the id `before`."""
    with ctx.db.read() as s:
        return _briefs(s, ctx.settings, tuned_models.list_tuned(s, limit=limit, before=before))


def count_tuned(ctx: Context) -> int:
    """How many tuned models there are."""
    with ctx.db.read() as s:
        return tuned_models.count(s)


def tuned_view(ctx: Context, tuned_id: int) -> TunedView:
    """One tuned model with its lineage, numbers and exports. Raises NotFound."""
    with ctx.db.read() as s:
        row = tuned_of(s, tuned_id)
        return _view(s, ctx.settings, row, _briefs(s, ctx.settings, [row])[0])


def rename_tuned(ctx: Context, tuned_id: int, name: str) -> None:
    """Give it another name. Raises NotFound or Fault("tuned.no_name")."""
    name = clean_name(name.encode("utf-8", "replace").decode(), "")
    if not name:
        raise Fault("tuned.no_name")
    with ctx.db.write() as s:
        tuned_of(s, tuned_id).name = free_name(name, tuned_models.taken_tuned_names(s, beside=tuned_id))


def delete_tuned(ctx: Context, tuned_id: int) -> None:
    """Free the disk of a tuned model and its exports; its history, its job and its conversations stay to be read.

    Raises:
        NotFound: it is not there.
        Fault: "tuned.exporting".
    """
    with ctx.db.write() as s:
        tuned = tuned_of(s, tuned_id)
        exports = tuned_models.exports_of(s, tuned_id, EXPORT.key)
        if any(job.status in ACTIVE for job in exports):
            raise Fault("tuned.exporting", name=tuned.name)
        for job in exports:
            jobs.end_queued(s, job.id)
        tuned_models.forget(tuned)
    forget_checks(ctx.settings, tuned_id)
    home = ctx.settings.home
    for suffix in ("", LAST_SUFFIX):
        shutil.rmtree(home / "tuned" / f"{tuned.job_id}{suffix}", ignore_errors=True)
    for job in exports:
        shutil.rmtree(home / "exports" / str(job.id), ignore_errors=True)


# ------------------------------------------------------------------ inside


def _briefs(s: Session, settings: Settings, rows: Sequence[TunedModel]) -> list[TunedBrief]:
    of_jobs = {row.job_id for row in rows}
    around = _Around(
        bases=base_models.by_ids(s, {row.base_model_id for row in rows}),
        datasets=inputs.dataset_names(s, {row.dataset_id for row in rows}),
        datasets_there=inputs.datasets_there(s, {row.dataset_id for row in rows}),
        jobs=jobs.names(s, of_jobs),
        ran=events.running_seconds(s, of_jobs),
    )
    changed = {key: change_of(settings, base) for key, base in around.bases.items() if base.deleted_at is None}
    return [_brief(settings, row, around, changed.get(row.base_model_id)) for row in rows]


@dataclass(frozen=True)
class _Around:
    """What views need beside the rows, fetched once for all of them."""

    bases: Mapping[int, LanguageModel]
    datasets: Mapping[int, str]
    datasets_there: Container[int]
    jobs: Mapping[int, str]
    ran: Mapping[int, float]


def _brief(settings: Settings, row: TunedModel, around: _Around, base_changed: Fault | None) -> TunedBrief:
    outcome = outcome_of(row)
    base, fault = around.bases.get(row.base_model_id), result_change(settings, row) or base_changed
    return {
        "id": row.id,
        "name": row.name,
        "method": row.method,
        "format": row.format,
        "talks": talks(row),
        "bytes": row.bytes,
        "changed": fault.as_dict() if fault else None,  # without its files, or its base's, it cannot answer
        "weights_hash": row.weights_hash,
        "created_at": row.created_at,
        "base_model_id": row.base_model_id,
        "base_name": base.name if base else "",
        "start_name": row.lineage.get("starts_from", {}).get("name"),
        "dataset_id": row.dataset_id if row.dataset_id in around.datasets_there else None,
        "dataset_name": around.datasets.get(row.dataset_id, ""),
        "dataset_hash": row.lineage.get("dataset", {}).get("content_hash"),
        "job_id": row.job_id,
        "job_name": around.jobs.get(row.job_id, ""),
        "train_loss": row.metrics.get("train_loss"),
        "val_loss": row.metrics.get("val_loss"),
        "base_val_loss": row.metrics.get("base_val_loss"),
        "outcome": outcome,
        "perplexity": None if outcome else row.metrics.get("perplexity"),  # of a loss over texts alone
        "steps": row.metrics.get("steps"),
        "tokens": row.metrics.get("tokens"),
        "seconds": duration_of(row.job_id, around.ran),
    }


def outcome_of(row: TunedModel) -> OutcomeView | None:
    """What its objective says of results, before training and after."""
    for one in outcomes_of(row.lineage.get("spec")):
        first, last = row.metrics.get(f"base_{one.metric}"), row.metrics.get(one.metric)
        if first is not None and last is not None:
            return view_of(one, first, last)
    return None


def _view(s: Session, settings: Settings, row: TunedModel, brief: TunedBrief) -> TunedView:
    base = s.get(LanguageModel, row.base_model_id)
    sizes, offer = sizes_of(settings, row, base), offer_of(row, base)
    exports = tuned_models.exports_of(s, row.id, EXPORT.key)
    return {
        **brief,
        "weights": weights_of(row),
        "lineage": {name: value for name, value in row.lineage.items() if name != FILES},
        "metrics": row.metrics,
        "export_jobs": newest_exports(settings, exports, row, offer),
        "export_needs": usual_needs(offer, sizes),
        "export_refused": {key: reason.as_dict() for key, reason in offer.refused.items()},
    }
