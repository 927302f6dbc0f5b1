"""An export job: from a tuned model to one zip file to take away."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.data.templates.template import ChatTemplate
from engine.exports.model_card import model_card
from engine.exports.package import check_space, pack
from engine.jobs.reporter import Reporter
from engine.methods import method_of
from engine.models.base.download_progress import ByteProgress
from engine.models.base.paths import tokenizer_folder, weights_folder
from engine.models.tuned.integrity import check_hash
from engine.services.models.tuned import file_name
from storage.job_tables import Job
from storage.queries.tuned_models import get_tuned
from storage.tables import LanguageModel, TunedModel

_TOKENIZER_FILES = ("tokenizer.json", "chat_template.jinja")
_FROM_BASE = ("tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True)
class _Task:
    """What is exported."""

    tuned: TunedModel
    base: LanguageModel
    folder: Path  # the tuned model's files
    form: str  # "adapter" (the result as it is), "merged" or "full"


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Write exports/<job>/<name>.zip; the job's result says path, size, sha256, name and proof. Raises Fault."""
    task = _task(ctx, job)
    work = ctx.settings.folder("exports", str(job.id))
    draft = work / "draft"
    progress = ByteProgress(reporter)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        check_space(work, _needed_bytes(task))
        proof = _WRITERS[task.form](ctx, task, draft, progress)
        (draft / "README.md").write_text(
            model_card(task.tuned, task.base, task.folder, proof.get("dtype")), encoding="utf-8"
        )
        name = file_name(task.tuned.name, task.tuned.format if task.form == "adapter" else task.form)
        progress.phase("packing", sum(file.stat().st_size for file in draft.rglob("*") if file.is_file()))
        packed = pack(draft, work / "model.zip", name, progress.more)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    path = ctx.settings.relative(work / "model.zip")
    reporter.finish("succeeded", result={"path": path, "name": f"{name}.zip", "proof": proof, **packed})


def _task(ctx: Context, job: Job) -> _Task:
    with ctx.db.read() as s:
        tuned = get_tuned(s, job.spec["tuned_id"])
        if tuned is None:
            raise NotFound(tuned=job.spec["tuned_id"])
        base = s.get_one(LanguageModel, tuned.base_model_id)
    form = "full" if tuned.format == "full" else str(job.spec["format"])
    return _Task(tuned, base, ctx.settings.absolute(tuned.path), form)


def _needed_bytes(task: _Task) -> int:
    """The folder and its zip."""
    return 2 * ((task.base.parameters or 0) * 4 if task.form == "merged" else task.tuned.bytes)


def _adapter(ctx: Context, task: _Task, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    progress.phase("checking")
    digest = _verified(task)
    for file in _files(task):
        shutil.copyfile(file, draft / file.name)
    _add_tokenizer(ctx, task, draft)
    return {"weights_hash": digest, "base_weights_hash": task.base.weights_hash}


def _merged(ctx: Context, task: _Task, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.merged import Sources, merge
    from engine.exports.proof import proof_inputs

    _verified(task)
    template = ChatTemplate.load(tokenizer_folder(ctx.settings, task.base))
    inputs = proof_inputs(ctx, task.tuned, template)
    weights = weights_folder(ctx.settings, task.base)
    sources = Sources(task.base, weights, task.folder, template.eos_ids, inputs, method_of(task.tuned.method))
    proof = merge(sources, draft, progress)
    _add_tokenizer(ctx, task, draft)
    return proof


def _full(ctx: Context, task: _Task, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.proof import stored_dtypes

    progress.phase("checking")
    digest = _verified(task)
    for file in _files(task):
        _link(file, draft / file.name)
    _add_tokenizer(ctx, task, draft)
    dtypes = stored_dtypes(draft)
    main = max(dtypes, key=lambda name: dtypes[name], default="")
    return {"weights_hash": digest, "dtype": main, "stored_bytes_by_dtype": dtypes}


def _files(task: _Task) -> list[Path]:
    return [file for file in task.folder.iterdir() if file.is_file() and file.name != "README.md"]


_WRITERS = {"adapter": _adapter, "merged": _merged, "full": _full}


def _verified(task: _Task) -> str:
    """The weights' hash, after checking that they are what training stored. Raises Fault("chat.damaged")."""
    check_hash(task.folder, task.tuned.weights_hash)
    return task.tuned.weights_hash


def _add_tokenizer(ctx: Context, task: _Task, draft: Path) -> None:
    """Tokenizer and chat template, as training and chat use them, in a form that transformers reads."""
    source = tokenizer_folder(ctx.settings, task.base)
    for name in _TOKENIZER_FILES:
        _copy_missing(source / name, draft / name)
    for name in _FROM_BASE:
        _copy_missing(weights_folder(ctx.settings, task.base) / name, draft / name)
    if not (draft / "tokenizer_config.json").exists():
        special = json.loads((source / "special.json").read_text(encoding="utf-8"))
        tokens = {name: value for name, value in special.items() if isinstance(value, str)}
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **tokens}
        (draft / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=2), encoding="utf-8")


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk cannot do that."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _copy_missing(source: Path, target: Path) -> None:
    if source.is_file() and not target.exists():
        shutil.copyfile(source, target)
