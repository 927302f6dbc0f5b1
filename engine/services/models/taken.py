"""What was exported of a tuned model: its jobs, their files and proofs, and the way to where the model shall run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.core.text import verbatim
from engine.exports.common.declaration import ExportFormat
from engine.exports.common.made_files import files_of
from engine.exports.common.package import file_name
from engine.exports.destinations import DESTINATIONS, Destination, Way, destination_of, filled_code, way_to
from engine.exports.wishes import wishes_of
from engine.jobs.kinds.export import EXPORT
from engine.jobs.views import views
from engine.services.models.offers import ExportOffer, offer_of
from engine.shapes.exports.made import (
    ComparedAnswer,
    DestinationView,
    ExportedForm,
    ExportProof,
    ExportView,
    ProofNumbers,
    StoredFormat,
)
from engine.shapes.jobs import JobView
from storage.job_tables import Job
from storage.queries import tuned_models
from storage.tables import LanguageModel, TunedModel

_SHOWN = 20  # jobs, the newest ones
_COLUMNS = ("id", "name", "status", "phase", "phase_label", "step", "total_steps", "fraction", "seconds_left", "started_at",
            "finished_at", "queue_place", "stalled", "error")  # fmt: skip
_NUMBERS = ("rows", "divergence", "divergence_99", "token_flips", "gains", "held_out", "limits")
_NONE: dict[str, Any] = {"rows": 0, "divergence": None, "divergence_99": None, "token_flips": 0, "gains": 0, "held_out": 0, "limits": {}}  # fmt: skip


def list_exports(ctx: Context, tuned_id: int) -> list[ExportView]:
    """The export jobs of a model, the newest first, with the files that they made. Raises NotFound."""
    with ctx.db.read() as s:
        tuned = _tuned(s, tuned_id)
        jobs = _jobs(s, tuned_id)
        return [_view(ctx.settings, tuned, job, shown) for job, shown in zip(jobs, views(s, jobs), strict=True)]


def export_numbers(ctx: Context, job_id: int, number: int) -> ProofNumbers:
    """Everything that the proof of one file found. Raises NotFound."""
    with ctx.db.read() as s:
        proof = _file(_job(s, job_id), number)["proof"] or {}
    told = _NONE | {key: proof[key] for key in _NUMBERS if proof.get(key) is not None}
    answers: list[ComparedAnswer] = list(proof.get("answers", []))
    return cast(ProofNumbers, told | {"formats": _formats(proof), "facts": _facts(proof), "answers": answers})


def exported_file(ctx: Context, job_id: int, number: int) -> tuple[Path, str]:
    """One zip of an export job and the name to save it under.

    Raises:
        NotFound: there is no such job, or it made no such file.
        Fault: "export.not_ready", "export.file_gone".
    """
    with ctx.db.read() as s:
        job = _job(s, job_id)
        if not job.result:
            raise Fault("export.not_ready")
        made = _file(job, number)
    path = ctx.settings.absolute(made["path"]) if made.get("path") else None
    if path is None or not path.is_file() or path.stat().st_size != made["bytes"]:
        raise Fault("export.file_gone")
    return path, made["name"]


def destinations_of(ctx: Context, tuned_id: int) -> list[DestinationView]:
    """Every place where a model may be wanted, and how it gets there. Raises NotFound."""
    with ctx.db.read() as s:
        tuned = _tuned(s, tuned_id)
        jobs = _jobs(s, tuned_id)
        exports = [_view(ctx.settings, tuned, job, shown) for job, shown in zip(jobs, views(s, jobs), strict=True)]
        offer = offer_of(tuned, s.get(LanguageModel, tuned.base_model_id))
    return [_destination(tuned, offer, one, exports) for one in DESTINATIONS]


def wish_for(ctx: Context, tuned_id: int, key: str) -> tuple[DestinationView, dict[str, Any] | None]:
    """How a model gets to the destination of that key, and the form to make as `make_export` takes it; None where there is none.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "export.unknown_destination".
    """
    destination = destination_of(key)
    (found,) = [one for one in destinations_of(ctx, tuned_id) if one["key"] == destination.key]
    return found, {"format": found["form"], "params": found["params"]} if found["form"] else None


def settings_for(form: ExportFormat, way: Way) -> dict[str, Any]:
    """The settings of a form that suit a destination: all of them, those that are not named as they are by default."""
    return {param.key: way.params.get(param.key, param.default) for param in form.params}


# ------------------------------------------------------------------ inside


def _tuned(s: Session, tuned_id: int) -> TunedModel:
    tuned = tuned_models.get_tuned(s, tuned_id)
    if tuned is None:
        raise NotFound(tuned=tuned_id)
    return tuned


def _jobs(s: Session, tuned_id: int) -> list[Job]:
    return [job for job in tuned_models.exports_of(s, tuned_id, EXPORT.key) if job.deleted_at is None][:_SHOWN]


def _job(s: Session, job_id: int) -> Job:
    job = s.get(Job, job_id)
    if job is None or job.kind != EXPORT.key:
        raise NotFound(job=job_id)
    return job


def _file(job: Job, number: int) -> dict[str, Any]:
    files = files_of(job.result)
    if not 0 <= number < len(files):
        raise NotFound(job=job.id, file=number)
    return files[number]


def _view(settings: Settings, tuned: TunedModel, job: Job, shown: JobView) -> ExportView:
    try:
        wishes = wishes_of(job.spec, tuned.format)
    except Fault:  # a form that this version does not have
        wishes = []
    named = [(wish.form.key, wish.form.label.as_dict(), wish.values) for wish in wishes]
    forms = dict(enumerate(named))
    files = [_shown(settings, number, one, forms.get(number)) for number, one in enumerate(files_of(job.result))]
    told: dict[str, Any] = {key: value for key, value in shown.items() if key in _COLUMNS}
    return cast(ExportView, told | {"forms": [label for _key, label, _values in named], "files": files})


def _shown(
    settings: Settings, number: int, made: Mapping[str, Any], named: tuple[str, dict[str, str], dict[str, Any]] | None
) -> ExportedForm:
    unknown = verbatim(str(made.get("format", ""))).as_dict()
    key, label, values = named or (str(made.get("format", "")), unknown, dict(made.get("params") or {}))
    path = settings.absolute(made["path"]) if made.get("path") else None
    folder = path is not None and made.get("sha256") is None
    return {
        "number": number,
        "format": key,
        "label": label,
        "params": values,
        "name": str(made.get("name") or ""),
        "bytes": int(made.get("bytes") or 0),
        "sha256": made.get("sha256"),
        "folder": str(path) if folder else None,
        "there": path is not None and (path.is_dir() if folder else _whole(path, made["bytes"])),
        "error": made["error"],
        "proof": _brief(made.get("proof")),
    }


def _whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _brief(proof: Mapping[str, Any] | None) -> ExportProof | None:
    if not proof:
        return None
    numbers = ("places", "right_before", "flips", "prompts", "same_answers")
    passed = proof.get("passed")
    failed = list(proof.get("failed", []))
    return ExportProof(
        state="hashed" if passed is None else "passed" if passed else "failed",
        failed=failed,
        library=str(proof.get("library", "")),
        agreement=float(proof.get("agreement") or 0),
        same_template="template" not in failed,
        **{key: int(proof.get(key) or 0) for key in numbers},  # type: ignore[typeddict-item]
    )


def _formats(proof: Mapping[str, Any]) -> list[StoredFormat]:
    """Of the reader; else what the writer stored, which counts no tensors."""
    found = proof.get("formats") or {name: {"tensors": 0, "bytes": size} for name, size in (proof.get("stored_bytes_by_dtype") or {}).items()}  # fmt: skip
    rows = [StoredFormat(name=name, tensors=one["tensors"], bytes=one["bytes"]) for name, one in found.items()]
    return sorted(rows, key=lambda row: -row["bytes"])


def _facts(proof: Mapping[str, Any]) -> dict[str, str]:
    """What a writer told beside: short texts and numbers, such as hashes."""
    known = {
        *_NUMBERS,
        "passed",
        "failed",
        "library",
        "places",
        "agreement",
        "right_before",
        "flips",
        "prompts",
        "same_answers",
    }
    return {
        key: f"{value:.4g}" if isinstance(value, float) else str(value)
        for key, value in proof.items()
        if key not in known and isinstance(value, str | int | float)
    }


def _destination(
    tuned: TunedModel, offer: ExportOffer, destination: Destination, exports: list[ExportView]
) -> DestinationView:
    way = way_to(destination, offer.possible, talks=not offer.scores)
    form = offer.meant(way.form) if way and way.form else None
    values = settings_for(form, way) if form and way else {}
    best = offer.meant(destination.ways[0].form) if destination.ways[0].form else None
    reason = offer.refusal(best) if best and way is not destination.ways[0] else None
    made = _made(exports, form, values)
    part = form.name_part(values) if form else ""
    name = (made[2] if made else file_name(tuned.name, "-".join(filter(None, (form.suffix, part))))) if form else ""
    return {
        "key": destination.key,
        "label": destination.label.as_dict(),
        "help": destination.help.as_dict(),
        "form": form.key if form else None,
        "form_label": form.label.as_dict() if form else None,
        "params": values,
        "wanted": best.label.as_dict() if best and reason else None,
        "reason": reason.as_dict() if reason else None,
        "lines": [
            {"says": line.says.as_dict(), "code": filled_code(line.code, name=name, model=tuned.name)}
            for line in (way.lines if way else ())
        ],
        "made": list(made[:2]) if made else [],
        "works": way is not None,
    }


def _made(
    exports: list[ExportView], form: ExportFormat | None, values: Mapping[str, Any]
) -> tuple[int, int, str] | None:
    """The newest zip in that form with those settings which is there: its job, its place, its folder's name."""
    for export in exports:
        for file in export["files"]:
            if (
                form
                and file["there"]
                and not file["folder"]
                and file["format"] == form.key
                and file["params"] == values
            ):
                return export["id"], file["number"], file["name"].removesuffix(".zip")
    return None
