"""The job that makes a base model ready: fetch or find it, check it, write its tokenizer, count and hash its weights."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.data.templates.token_rows import FILE as EMBEDDING_FILE
from engine.jobs.reporter import Reporter
from engine.jobs.runners.model_rows import NOTES, check_architecture, staging_folder, store, telling_failure
from engine.models.base import gguf, hub, starter
from engine.models.base.download_progress import ByteProgress
from engine.models.base.inspect import Inspection, hash_file, hash_of_parts, inspect_folder
from engine.models.base.integrity import intact_weights, remember_weights
from engine.models.base.known_files import FileStamps
from engine.models.base.number_formats import stored_format
from engine.models.base.paths import model_folder, tokenizer_folder
from engine.models.base.read_files import hashes_of
from engine.models.base.resize import resize
from engine.models.base.tokenizer import check_template, save_tokenizer
from engine.models.base.vocabulary import look_into, rows_needed
from engine.models.hub_address import address_of
from engine.models.trust.foreign_files import refuse_foreign
from storage.job_tables import Job
from storage.model_status import KNOWN
from storage.queries.base_models import get_model
from storage.tables import LanguageModel

_TEMPLATE = "chat_template.jinja"
_TOKENIZER_FILES = ("tokenizer.json", "chat_template.jinja", "special.json")


@dataclass(frozen=True)
class _Made:
    """A model that is ready, as its row says."""

    weights: Path
    tokenizer: Path
    inspection: Inspection
    hashes: dict[str, str]  # of each weights file
    stamps: FileStamps  # of the same, before they were hashed
    default_template: bool
    converted_from: dict[str, str]  # the user's file that the weights were made of: name -> sha256; empty without one


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Prepare the job's base model. Raises Fault; the model's row then says why it failed."""
    with ctx.db.read() as s:
        model = s.get(LanguageModel, job.base_model_id)
    if model is None or model.deleted_at:
        raise NotFound(model=job.base_model_id)
    started = time.monotonic()
    short = KNOWN if model.status == KNOWN else "failed"  # what it is when this comes to nothing
    with telling_failure(reporter, model.id, short):
        made = _made_as_before(ctx.settings, model, _original(ctx, model), ByteProgress(reporter))
    store(reporter, model.id, **_columns(ctx.settings, model, made))
    remember_weights(ctx.settings, model.id, made.weights, made.hashes, made.stamps)
    reporter.finish("succeeded", result={"base_model_id": model.id, "seconds": round(time.monotonic() - started, 1)})


def _original(ctx: Context, model: LanguageModel) -> LanguageModel | None:
    """The model that this one is a copy of, with more rows. Raises Fault("model.original_gone")."""
    if model.source != "resized":
        return None
    with ctx.db.read() as s:
        found = get_model(s, int(model.ref))
    if found is None:
        raise Fault("model.original_gone", name=model.name)
    return found


def _columns(settings: Settings, model: LanguageModel, made: _Made) -> dict[str, Any]:
    told = (model.config or {}).get(NOTES, {}).get("hub")
    inside = made.weights.is_relative_to(settings.home)
    return {
        "status": "ready",
        "error": None,
        "path": settings.relative(made.weights) if inside else str(made.weights),
        "tokenizer_path": settings.relative(made.tokenizer),
        "config": made.inspection.config
        | {
            NOTES: {
                "default_template": made.default_template,
                "stored": stored_format(made.weights),
                "converted_from": made.converted_from,
                "files": hashes_of(made.weights, made.tokenizer),
            }
            | ({"hub": told} if told else {})
        },
        "parameters": made.inspection.parameters,
        "context_length": made.inspection.context_length,
        "weights_hash": hash_of_parts(made.hashes),
    }


def _made_as_before(
    settings: Settings, model: LanguageModel, original: LanguageModel | None, progress: ByteProgress
) -> _Made:
    """A model that was ready before must have the weights that it had: what was tuned stands on them.

    Raises:
        Fault: "model.other_weights" where its source gives others now; added once more, they are a model of their own.
    """
    _drop_changed_template(settings, model)
    made = _make(settings, model, original, progress)
    ours = made.weights.is_relative_to(model_folder(settings, model.id))
    if ours and not (_as_before(model, made) and _said_as_before(model, made)):  # a file was changed: it is made anew
        shutil.rmtree(made.weights)
        made = _make(settings, model, original, progress)
    if not _as_before(model, made):
        raise Fault("model.other_weights", name=model.name, ref=model.ref)
    return made


def _as_before(model: LanguageModel, made: _Made) -> bool:
    return model.weights_hash in (None, hash_of_parts(made.hashes))


def _said_as_before(model: LanguageModel, made: _Made) -> bool:
    """Whether config.json and the other small files are those of the day when the model was ready first."""
    if not model.config:
        return True
    said = {key: value for key, value in model.config.items() if key != NOTES}
    files = model.config.get(NOTES, {}).get("files", {}).get("weights")
    return made.inspection.config == said and files in (None, hashes_of(made.weights, made.tokenizer)["weights"])


def _drop_changed_template(settings: Settings, model: LanguageModel) -> None:
    """Our plain template stays when a model is made ready again, unless it is another one by now."""
    known = ((model.config or {}).get(NOTES, {}).get("files") or {}).get("tokenizer", {}).get(_TEMPLATE)
    file = model_folder(settings, model.id) / "tokenizer" / _TEMPLATE
    if known and file.is_file() and hash_file(file) != known:
        file.unlink()


def _make(settings: Settings, model: LanguageModel, original: LanguageModel | None, progress: ByteProgress) -> _Made:
    folder = model_folder(settings, model.id)
    folder.mkdir(parents=True, exist_ok=True)
    progress.phase("preparing")
    weights = _weights(settings, model, original, folder / "weights", progress)
    inspection = inspect_folder(weights)
    progress.phase("checking", inspection.bytes)
    stamps = FileStamps.now(inspection.weights)
    hashes = {file.name: hash_file(file, progress.more) for file in inspection.weights}
    if original is None:
        default_template = _tokenizer(settings, model, weights, folder / "tokenizer", inspection)
    else:
        _copy_tokenizer(tokenizer_folder(settings, original), folder / "tokenizer")
        default_template = bool((original.config or {}).get(NOTES, {}).get("default_template"))
    look_into(weights, inspection.config, folder / "tokenizer").write(folder / "tokenizer")
    converted = (
        sorted(Path(model.ref).glob("*.gguf")) if model.source == "folder" and weights != Path(model.ref) else []
    )
    source = {file.name: hash_file(file, lambda _count: progress.reporter.heed()) for file in converted}
    return _Made(weights, folder / "tokenizer", inspection, hashes, stamps, default_template, source)


def _weights(
    settings: Settings, model: LanguageModel, original: LanguageModel | None, target: Path, progress: ByteProgress
) -> Path:
    """The folder with the model's safetensors; fetched or converted to `target` where it is not there yet."""
    if model.source == "folder":
        return _local(Path(model.ref), target, progress)
    if target.is_dir() and _is_whole(target):
        return target
    shutil.rmtree(target, ignore_errors=True)
    if original is not None:
        needed = rows_needed(tokenizer_folder(settings, original))
        resize(intact_weights(settings, original), target, needed, progress)
    elif model.source == "starter":
        starter.fetch(settings, target, progress)
    else:
        _fetch(settings, model, target, progress)
    return target


def _fetch(settings: Settings, model: LanguageModel, target: Path, progress: ByteProgress) -> None:
    """Fetch what was listed when the model became known, or what its source has now. Raises Fault."""
    if settings.offline:
        raise Fault("model.offline_weights", name=model.name)
    told = (model.config or {}).get(NOTES, {}).get("hub")
    known = hub.repository_of(told) if told else None
    staging = staging_folder(settings, model.id)
    address = address_of(settings, told)
    hub.fetch(address, model.ref, staging, progress, lambda size: progress.phase("downloading", size), known=known)
    staging.rename(target)


def _is_whole(folder: Path) -> bool:
    try:
        inspect_folder(folder)
    except Fault:
        return False
    return True


def _local(folder: Path, target: Path, progress: ByteProgress) -> Path:
    """A user's own folder is used where it is; a single GGUF file in it is converted once."""
    if not folder.is_dir():
        raise Fault("model.folder_gone", folder=str(folder))
    refuse_foreign(folder)
    files = sorted(folder.glob("*.gguf"))
    if not files or any(folder.glob("*.safetensors")):
        return folder
    if len(files) > 1:
        raise Fault("model.many_ggufs", folder=str(folder), count=len(files))
    if not (target.is_dir() and _is_whole(target)):
        shutil.rmtree(target, ignore_errors=True)
        progress.phase("converting")
        gguf.check_room(files[0], target)
        gguf.convert(files[0], target)
    return target


def _tokenizer(settings: Settings, model: LanguageModel, weights: Path, target: Path, inspection: Inspection) -> bool:
    """Write the tokenizer folder; True where the model has no chat template of its own."""
    ready = settings.starter_from / "tokenizer" if settings.starter_from and model.source == "starter" else None
    if ready and all((ready / name).is_file() for name in _TOKENIZER_FILES):
        _copy_tokenizer(ready, target)
        check_template(target, model.name)
        return False
    if _stands(model, weights, target, inspection):  # whoever plans meanwhile reads it
        return bool(model.config[NOTES]["default_template"])
    check_architecture(inspection, weights)
    return save_tokenizer(weights, target, model.name)


def _stands(model: LanguageModel, weights: Path, target: Path, inspection: Inspection) -> bool:
    """Whether the tokenizer that was written when the model became known is that of these files."""
    if model.status != KNOWN:
        return False
    said = {key: value for key, value in model.config.items() if key != NOTES}
    known, now = model.config[NOTES]["files"], hashes_of(weights, target)
    now["tokenizer"].pop(EMBEDDING_FILE, None)
    return known == now and said == inspection.config


def _copy_tokenizer(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for name in _TOKENIZER_FILES:
        shutil.copyfile(source / name, target / name)
