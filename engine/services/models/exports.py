"""Taking tuned models away: what an export takes, having it made, and the files that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.params import read_all
from engine.core.settings import Settings
from engine.exports import EXPORTS, format_of, meant
from engine.exports.common.declaration import ExportFormat, ExportSizes
from engine.exports.common.made_files import files_of
from engine.exports.common.number_format import sizes_of
from engine.exports.wishes import VERSION, ExportWish, package_of, wishes_of
from engine.jobs.kinds.export import EXPORT
from engine.jobs.queue import enqueue
from engine.services.models.offers import ExportOffer, offer_of
from engine.shapes.models import ExportNeeds
from storage.job_tables import Job, JobStatus
from storage.queries import tuned_models
from storage.tables import LanguageModel, TunedModel


def start_export(ctx: Context, tuned_id: int, format: str, params: Mapping[str, Any] | None = None) -> int:
    """Queue an export in one form, as a zip; see `make_export`.

    Args:
        format: key of the form, or one that stands for it with this result (`engine.exports.meant`).
        params: values of the form's own settings; those that are missing take their defaults.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.unknown_format", "export.not_offered".
        SpecError: faults of the settings by "export.<key>".
    """
    return make_export(ctx, tuned_id, [{"format": format, "params": params or {}}])


def make_export(ctx: Context, tuned_id: int, forms: Sequence[Mapping[str, Any]], package: str = "zip") -> int:
    """Queue an export in several forms; one with the same wishes that is under way or still on disk is used again.

    Args:
        forms: {"format", "params"} each, as of `start_export`.
        package: "zip", a file a form, or "folder", which stays on this machine.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.unknown_format", "export.not_offered", "export.no_form", "export.named_twice".
        SpecError: faults of the settings by "export.<key>".
    """
    for one in forms:
        format_of(str(one["format"]))
    with ctx.db.read() as s:
        made = tuned_models.exports_of(s, tuned_id, EXPORT.key)
        row = tuned_of(s, tuned_id)
        offer = offer_of(row, s.get(LanguageModel, row.base_model_id))
    lost = {job.id for job in made if job.status == JobStatus.SUCCEEDED and not _whole(ctx.settings, job)}
    with ctx.db.write() as s:
        tuned = tuned_of(s, tuned_id)
        wishes = _wanted(tuned, forms, offer)
        spec = {
            "tuned_id": tuned_id,
            "forms": [wish.as_spec() for wish in wishes],
            "package": package_of({"package": package}),
            "weights_hash": tuned.weights_hash,
            "version": VERSION,
        }

        def grants(job: Job) -> bool:
            same = package_of(job.spec) == spec["package"] and _same(_wishes(job, tuned), wishes)
            return same and job.id not in lost and _of_these_weights(job, tuned)

        return enqueue(
            s,
            EXPORT,
            name=tuned.name,
            spec=spec,
            grants=grants,
            spec_version=VERSION,
            method=tuned.method,
            dataset_id=tuned.dataset_id,
            base_model_id=tuned.base_model_id,
        )


def export_needs(ctx: Context, tuned_id: int, format: str, params: Mapping[str, Any]) -> ExportNeeds:
    """What an export with these settings takes; of several forms the disk adds up, and the largest needs the memory.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.unknown_format".
        SpecError: faults of the settings by "export.<key>".
    """
    with ctx.db.read() as s:
        tuned = tuned_of(s, tuned_id)
        form = meant(format, tuned.format)
        sizes = sizes_of(ctx.settings, tuned, s.get(LanguageModel, tuned.base_model_id))
        return _needs(form, sizes, _read(form, params))


def usual_needs(offer: ExportOffer, sizes: ExportSizes) -> dict[str, ExportNeeds]:
    """What each form that is offered takes with its usual settings."""
    return {form.key: _needs(form, sizes, _read(form, {})) for form in offer.forms}


def newest_exports(
    settings: Settings, made: Sequence[Job], tuned: TunedModel, offer: ExportOffer
) -> dict[str, int | None]:
    """Of each form that is offered the export to show; None where there is none.

    Args:
        made: all its exports, the newest first.
    """
    return {form.key: _newest(settings, made, tuned, form) for form in offer.forms}


def export_file(ctx: Context, job_id: int, place: int | None = None) -> tuple[Path, str]:
    """The file of a finished export and the name to save it under.

    Args:
        place: which of its forms, counted from 0; None: the first one that was made.

    Raises:
        NotFound: there is no such export.
        Fault: "export.not_ready", "export.file_gone", "export.is_folder", or why this form was not made.
    """
    made, path = _made(ctx, job_id, place)
    if path.is_dir():
        raise Fault("export.is_folder", folder=str(path))
    return path, made["name"]


def export_folder(ctx: Context, job_id: int, place: int | None = None) -> Path:
    """The folder of a finished export that was asked for as one. Raises as `export_file` does."""
    return _made(ctx, job_id, place)[1]


def export_files(ctx: Context, job_id: int) -> list[dict[str, Any]]:
    """What a finished export says of each of its forms: {"format", "params", "name", "path", "bytes", "proof", "error"}.

    Raises:
        NotFound: there is no such export.
        Fault: "export.not_ready".
    """
    with ctx.db.read() as s:
        return files_of(_finished(s, job_id).result)


def tuned_of(s: Session, tuned_id: int) -> TunedModel:
    """A tuned model. Raises NotFound."""
    tuned = tuned_models.get_tuned(s, tuned_id)
    if tuned is None:
        raise NotFound(tuned=tuned_id)
    return tuned


# ------------------------------------------------------------------ inside


def _finished(s: Session, job_id: int) -> Job:
    job = s.get(Job, job_id)
    if job is None or job.kind != EXPORT.key:
        raise NotFound(job=job_id)
    if job.status != JobStatus.SUCCEEDED:
        raise Fault("export.not_ready")
    return job


def _made(ctx: Context, job_id: int, place: int | None) -> tuple[dict[str, Any], Path]:
    """What the job says of one of its forms, and where that lies."""
    with ctx.db.read() as s:
        files = files_of(_finished(s, job_id).result)
    wanted = (
        files[place : place + 1] if place is not None and place >= 0 else [one for one in files if not one["error"]]
    )
    if not wanted:
        raise Fault("export.file_gone") if place is None else NotFound(job=job_id)
    if error := wanted[0]["error"]:
        raise Fault(error["code"], **error["params"])
    path = ctx.settings.absolute(wanted[0]["path"])
    if not _there(path, wanted[0]["bytes"]):
        raise Fault("export.file_gone")
    return wanted[0], path


def _wanted(tuned: TunedModel, forms: Sequence[Mapping[str, Any]], offer: ExportOffer) -> list[ExportWish]:
    """The forms with their settings. Raises as `make_export` does."""
    if not forms:
        known = offer.forms or EXPORTS
        raise Fault("export.no_form", known=", ".join(form.key for form in known))
    wishes: list[ExportWish] = []
    for one in forms:
        form = meant(str(one["format"]), tuned.format)
        _check(tuned, form, offer)
        wish = ExportWish(form, _read(form, one.get("params") or {}))
        if wish in wishes:
            raise Fault("export.named_twice", format=form.label.as_dict())
        wishes.append(wish)
    return wishes


def _check(tuned: TunedModel, form: ExportFormat, offer: ExportOffer) -> None:
    reason = offer.refusal(form)
    if reason is not None:
        known = ", ".join(one.key for one in offer.forms)
        said = {"format": form.label.as_dict(), "reason": reason.as_dict()}
        raise Fault("export.not_offered", name=tuned.name, known=known, **said)


def _read(form: ExportFormat, params: Mapping[str, Any]) -> dict[str, Any]:
    values, faults = read_all(form.params, params, "export")
    if faults:
        raise SpecError(faults)
    return values


def _same(some: Sequence[ExportWish], others: Sequence[ExportWish]) -> bool:
    return len(some) == len(others) and all(wish in others for wish in some)


def _of_these_weights(job: Job, tuned: TunedModel) -> bool:
    """Whether an export is one of these weights. Jobs of earlier versions do not say: a model had no others."""
    return bool(job.spec.get("weights_hash", tuned.weights_hash) == tuned.weights_hash)


def _wishes(job: Job, tuned: TunedModel) -> list[ExportWish]:
    try:
        return wishes_of(job.spec, tuned.format)
    except Fault:  # a form that this version does not have
        return []


def _whole(settings: Settings, job: Job) -> bool:
    """Whether all that was asked for was made, and is there."""
    files = files_of(job.result)
    return bool(files) and not any(one["error"] for one in files) and _on_disk(settings, files)


def _on_disk(settings: Settings, files: Sequence[Mapping[str, Any]]) -> bool:
    made = [one for one in files if not one["error"]]
    return bool(made) and all(_there(settings.absolute(one["path"]), one["bytes"]) for one in made)


def _there(path: Path, size: int) -> bool:
    return path.is_dir() or (path.is_file() and path.stat().st_size == size)


def _needs(form: ExportFormat, sizes: ExportSizes, values: Mapping[str, Any]) -> ExportNeeds:
    """What making it takes."""
    return {
        "bytes": form.folder_bytes(sizes, values),
        "disk_bytes": form.disk_bytes(sizes, values),
        "memory_mb": form.memory_mb(sizes, values),
    }


def _newest(settings: Settings, exports: Sequence[Job], tuned: TunedModel, form: ExportFormat) -> int | None:
    """The export to show: not one whose file is gone."""
    for job in exports:
        asked = _of_these_weights(job, tuned) and any(wish.form is form for wish in _wishes(job, tuned))
        if asked and job.deleted_at is None:
            return job.id if job.status != JobStatus.SUCCEEDED or _on_disk(settings, files_of(job.result)) else None
    return None
