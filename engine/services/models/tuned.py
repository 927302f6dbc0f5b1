"""Tuned models as the user handles them: list, lineage, rename, delete, take away."""

from __future__ import annotations

import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.names import free_name
from engine.core.params import read_all
from engine.core.settings import Settings
from engine.data.importing.names import clean_name
from engine.exports import EXPORTS, format_of, meant, offered
from engine.exports.common.declaration import ExportFormat, ExportSizes
from engine.exports.common.number_format import sizes_of
from engine.exports.wishes import VERSION, ExportWish, Package, files_of, package_of, wishes_of
from engine.jobs.kinds.export import EXPORT
from engine.jobs.outcomes import outcomes_of, view_of
from engine.jobs.progress import duration_of
from engine.jobs.queue import enqueue
from engine.methods import method_of
from engine.models.base.integrity import change_of
from engine.models.tuned.integrity import FILES, forget_checks, result_change
from engine.models.tuned.versions import LAST_SUFFIX
from engine.services.models.weights import weights_of
from engine.serving.scored_texts import talks
from engine.shapes.jobs import OutcomeView
from engine.shapes.models import ExportNeeds, TunedBrief, TunedView
from storage.job_tables import ACTIVE, Job, JobStatus
from storage.queries import base_models, events, inputs, jobs, tuned_models
from storage.tables import LanguageModel, TunedModel


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
        row = _tuned(s, tuned_id)
        return _view(s, ctx.settings, row, _briefs(s, ctx.settings, [row])[0])


def rename_tuned(ctx: Context, tuned_id: int, name: str) -> None:
    """Give it another name. Raises NotFound or Fault("tuned.no_name")."""
    name = clean_name(name.encode("utf-8", "replace").decode(), "")
    if not name:
        raise Fault("tuned.no_name")
    with ctx.db.write() as s:
        _tuned(s, tuned_id).name = free_name(name, tuned_models.taken_tuned_names(s, beside=tuned_id))


def delete_tuned(ctx: Context, tuned_id: int) -> None:
    """Free the disk of a tuned model and its exports; its history, its job and its conversations stay to be read.

    Raises:
        NotFound: it is not there.
        Fault: "tuned.exporting".
    """
    with ctx.db.write() as s:
        tuned = _tuned(s, tuned_id)
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


def start_export(ctx: Context, tuned_id: int, format: str, params: Mapping[str, Any] | None = None) -> int:
    """Queue an export of one form as a zip: `make_export`.

    Args:
        format: key of the form, or one that stands for it with this result (`engine.exports.meant`).
        params: values of the form's own settings; those that are missing take their defaults.
    """
    return make_export(ctx, tuned_id, [{"format": format, "params": params or {}}], "zip")


def make_export(ctx: Context, tuned_id: int, forms: Sequence[Mapping[str, Any]], package: Package) -> int:
    """Queue an export of several forms; one with the same forms and settings that is under way or still on disk is used again.

    Args:
        forms: {"format", "params"} of each.
        package: "zip", or "folder" on this machine.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.no_form", "export.unknown_format", "export.not_offered".
        SpecError: faults of the settings by "export.<key>".
    """
    if not forms:
        raise Fault("export.no_form", known=", ".join(form.key for form in EXPORTS))
    for one in forms:
        format_of(str(one["format"]))
    with ctx.db.read() as s:
        made = tuned_models.exports_of(s, tuned_id, EXPORT.key)
        scores = not talks(_tuned(s, tuned_id))
    lost = {job.id for job in made if job.status == JobStatus.SUCCEEDED and not _whole(ctx.settings, job)}
    with ctx.db.write() as s:
        tuned = _tuned(s, tuned_id)
        wishes = [_wish(tuned, str(one["format"]), one["params"], scores=scores) for one in forms]

        def grants(job: Job) -> bool:
            return (
                job.id not in lost
                and _of_now(job, tuned)
                and _wishes(job, tuned) == wishes
                and package_of(job.spec) == package
            )

        return enqueue(
            s,
            EXPORT,
            name=tuned.name,
            spec={
                "tuned_id": tuned_id,
                "forms": [wish.as_spec() for wish in wishes],
                "package": package,
                "weights_hash": tuned.weights_hash,
                "version": VERSION,
            },
            grants=grants,
            spec_version=VERSION,
            method=tuned.method,
            dataset_id=tuned.dataset_id,
            base_model_id=tuned.base_model_id,
        )


def export_needs(ctx: Context, tuned_id: int, format: str, params: Mapping[str, Any]) -> ExportNeeds:
    """What an export with these settings takes.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.unknown_format".
        SpecError: faults of the settings by "export.<key>".
    """
    with ctx.db.read() as s:
        tuned = _tuned(s, tuned_id)
        form = meant(format, tuned.format)
        sizes = sizes_of(ctx.settings, tuned, s.get(LanguageModel, tuned.base_model_id))
        return _needs(form, sizes, _read(form, params))


def export_file(ctx: Context, job_id: int) -> tuple[Path, str]:
    """The file of a finished export and the name to save it under. Raises NotFound, Fault("export.not_ready") or Fault("export.file_gone")."""
    with ctx.db.read() as s:
        job = s.get(Job, job_id)
        if job is None or job.kind != EXPORT.key:
            raise NotFound(job=job_id)
        if job.status != JobStatus.SUCCEEDED:
            raise Fault("export.not_ready")
        if not _on_disk(ctx.settings, job):
            raise Fault("export.file_gone")
        made = next(one for one in files_of(job.result) if not one["error"])
        return ctx.settings.absolute(made["path"]), made["name"]


# ------------------------------------------------------------------ inside


def _tuned(s: Session, tuned_id: int) -> TunedModel:
    tuned = tuned_models.get_tuned(s, tuned_id)
    if tuned is None:
        raise NotFound(tuned=tuned_id)
    return tuned


def _check(tuned: TunedModel, form: ExportFormat, *, scores: bool) -> None:
    method = method_of(tuned.method)
    reason = form.refusal(method, tuned.format, scores=scores)
    if reason is not None:
        known = ", ".join(one.key for one in offered(method, tuned.format, scores=scores))
        said = {"format": form.label.as_dict(), "reason": reason.as_dict()}
        raise Fault("export.not_offered", name=tuned.name, known=known, **said)


def _read(form: ExportFormat, params: Mapping[str, Any]) -> dict[str, Any]:
    values, faults = read_all(form.params, params, "export")
    if faults:
        raise SpecError(faults)
    return values


def _wish(tuned: TunedModel, key: str, params: Mapping[str, Any], *, scores: bool) -> ExportWish:
    form = meant(key, tuned.format)
    _check(tuned, form, scores=scores)
    return ExportWish(form, _read(form, params))


def _of_now(job: Job, tuned: TunedModel) -> bool:
    """Whether an export is one of these weights. Jobs of earlier versions do not say: a model had no others."""
    return bool(job.spec.get("weights_hash", tuned.weights_hash) == tuned.weights_hash)


def _asks_for(job: Job, tuned: TunedModel, form: ExportFormat) -> bool:
    """Whether an export is one of these weights in this form: by its own key, or by one that stands for it."""
    return _of_now(job, tuned) and any(wish.form is form for wish in _wishes(job, tuned))


def _wishes(job: Job, tuned: TunedModel) -> list[ExportWish]:
    try:
        return wishes_of(job.spec, tuned.format)
    except Fault:  # a form that this version does not have
        return []


def _whole(settings: Settings, job: Job) -> bool:
    """Whether every form was made, and is there."""
    return _on_disk(settings, job) and not any(one["error"] for one in files_of(job.result))


def _on_disk(settings: Settings, job: Job) -> bool:
    files = files_of(job.result)
    return bool(files) and all(
        _there(settings.absolute(one["path"]), one["bytes"]) for one in files if not one["error"]
    )


def _there(path: Path, size: int) -> bool:
    return path.is_dir() or (path.is_file() and path.stat().st_size == size)


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
    forms, sizes = _forms(row), sizes_of(settings, row, s.get(LanguageModel, row.base_model_id))
    exports = tuned_models.exports_of(s, row.id, EXPORT.key)
    return {
        **brief,
        "weights": weights_of(row),
        "lineage": {name: value for name, value in row.lineage.items() if name != FILES},
        "metrics": row.metrics,
        "export_jobs": {form.key: _newest_export(settings, exports, row, form) for form in forms},
        "export_needs": {form.key: _needs(form, sizes, _read(form, {})) for form in forms},
    }


def _forms(tuned: TunedModel) -> tuple[ExportFormat, ...]:
    try:
        return offered(method_of(tuned.method), tuned.format, scores=not talks(tuned))
    except Fault:  # a method that this version does not have
        return ()


def _needs(form: ExportFormat, sizes: ExportSizes, values: Mapping[str, Any]) -> ExportNeeds:
    """What making it takes."""
    return {
        "bytes": form.folder_bytes(sizes, values),
        "disk_bytes": form.disk_bytes(sizes, values),
        "memory_mb": form.memory_mb(sizes, values),
    }


def _newest_export(settings: Settings, exports: Sequence[Job], tuned: TunedModel, form: ExportFormat) -> int | None:
    """The export to show: not one whose file is gone."""
    for job in exports:
        if _asks_for(job, tuned, form) and job.deleted_at is None:
            return job.id if job.status != JobStatus.SUCCEEDED or _on_disk(settings, job) else None
    return None
