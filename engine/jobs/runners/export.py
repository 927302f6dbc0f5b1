"""An export job: from a tuned model to the files that are taken away, a zip or a folder a form, each proved."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.text import LANGUAGES
from engine.exports.card.card import whole_card
from engine.exports.card.facts import gathered
from engine.exports.common.declaration import ExportSource, no_reader
from engine.exports.common.number_format import sizes_of
from engine.exports.common.package import check_memory, check_space, file_name, pack
from engine.exports.common.plain_names import plain
from engine.exports.proof.proving import prove
from engine.exports.proof.trained_base import read_trained
from engine.exports.proof.verdict import reasons
from engine.exports.use import how_to_use
from engine.exports.wishes import ExportWish, package_of, wishes_of
from engine.exports.writing.opening import open_shop
from engine.jobs.reporter import Reporter
from engine.models.base.download_progress import ByteProgress
from engine.models.base.integrity import intact_weights
from engine.models.tuned.integrity import intact_result
from engine.services.taking.card_evidence import evidence_of
from storage.job_tables import Job
from storage.queries.tuned_models import get_tuned
from storage.tables import LanguageModel


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Make every form that the spec names; the job's result says of each its path, size, sha256, name and proof.

    A form that fails (it cannot be written, or its proof fails) says so in the result and leaves no file; the others are made all
    the same.

    Raises:
        Fault: of the only form, or of the first one where all failed.
    """
    source, wishes = _task(ctx, job)
    work = ctx.settings.folder("exports", str(job.id))
    progress = ByteProgress(reporter)
    aside = work / "aside"
    try:
        _empty(work)  # of what an attempt that was killed has left
        (aside / "truth").mkdir(parents=True)
        _check(source, wishes, work)
        if any(wish.form.reader is not no_reader for wish in wishes):
            intact_result(source.ctx.settings, source.tuned)
        proved = any(wish.form.reader(source) for wish in wishes)
        source = replace(source, shop=open_shop(source, aside / "truth", progress, proved=proved))
        drafts = [_written(source, wish, aside / f"draft-{number}", progress) for number, wish in enumerate(wishes)]
        source.shop.close()
        made = [
            _made(source, wish, one, work / str(number), package_of(job.spec) == "zip", progress)
            for number, (wish, one) in enumerate(zip(wishes, drafts, strict=True))
        ]
    except BaseException:  # a cancel among them: half of the forms is nothing that anybody asked for
        _empty(work)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    if all(one["error"] for one in made):
        reporter.progress(0, None, result={"files": made})  # what the proofs found stays to be read
        raise Fault(made[0]["error"]["code"], **made[0]["error"]["params"])
    reporter.finish("succeeded", result={"files": made})


def _empty(work: Path) -> None:
    for one in work.iterdir():
        shutil.rmtree(one, ignore_errors=True)


def _task(ctx: Context, job: Job) -> tuple[ExportSource, list[ExportWish]]:
    with ctx.db.read() as s:
        tuned = get_tuned(s, job.spec["tuned_id"])
        if tuned is None:
            raise NotFound(tuned=job.spec["tuned_id"])
        base = s.get_one(LanguageModel, tuned.base_model_id)
    source = ExportSource(ctx, tuned, base, ctx.settings.absolute(tuned.path))
    return source, wishes_of(job.spec, tuned.format)


def _check(source: ExportSource, wishes: list[ExportWish], work: Path) -> None:
    sizes = sizes_of(source.ctx.settings, source.tuned, source.base)
    check_space(work, sum(wish.form.disk_bytes(sizes, wish.values) for wish in wishes))
    check_memory(max(wish.form.memory_mb(sizes, wish.values) for wish in wishes))


def _written(source: ExportSource, wish: ExportWish, draft: Path, progress: ByteProgress) -> dict[str, Any] | Fault:
    """The form's files in `draft`; what its writer tells of them, or why there are none."""
    draft.mkdir()
    try:
        facts = wish.form.write(source, wish.values, draft, progress)
    except Fault as fault:
        return fault
    return {"folder": draft, "facts": facts}


def _made(
    source: ExportSource,
    wish: ExportWish,
    written: dict[str, Any] | Fault,
    target: Path,
    zipped: bool,
    progress: ByteProgress,
) -> dict[str, Any]:
    """A form's part of the job's result: {"format", "params", "name", "path", "bytes", "sha256", "proof", "error"}."""
    told: dict[str, Any] = wish.as_spec() | {"proof": None, "error": None}
    try:
        if isinstance(written, Fault):
            raise written
        told["proof"] = written["facts"] | (_proved(source, wish, written, progress) or {})
        if not told["proof"].get("passed", True):
            raise Fault("export.proof_failed", checks=reasons(told["proof"]).as_dict())
        if told["proof"].get("overflows"):
            progress.reporter.event("warning", "fp16_overflows")
        return told | _packed(source, wish, written["folder"], told["proof"], target, zipped, progress)
    except Fault as fault:
        return told | {"error": fault.as_dict()}


def _proved(
    source: ExportSource, wish: ExportWish, written: dict[str, Any], progress: ByteProgress
) -> dict[str, Any] | None:
    """What a foreign reader finds; nothing where none reads such a form."""
    folder: Path = written["folder"]
    reader = wish.form.reader(source)
    if reader is None or source.shop.truth is None:
        return None
    base = _foundation(source, wish, folder, progress)
    scratch = folder.with_name(folder.name + "-proof")
    limits, numbers = wish.form.limits(wish.values), written["facts"].get("numbers")
    found = prove(reader, folder, base, source.shop.truth, limits, scratch, progress, numbers)
    return found | read_trained(source.shop.truth)


def _foundation(source: ExportSource, wish: ExportWish, folder: Path, progress: ByteProgress) -> Path | None:
    """What the reader puts the export on; None where it stands alone."""
    if wish.form.stands_alone:
        return None
    if wish.form.foundation is None:
        return intact_weights(source.ctx.settings, source.base, whole=False)
    made = folder.with_name(folder.name + "-base")
    made.mkdir()
    wish.form.foundation(source, made, progress)
    return made


def _packed(
    source: ExportSource,
    wish: ExportWish,
    folder: Path,
    proof: dict[str, Any],
    target: Path,
    zipped: bool,
    progress: ByteProgress,
) -> dict[str, Any]:
    part = wish.form.name_part(wish.values)
    name = file_name(source.tuned.name, f"{wish.form.suffix}-{part}" if part else wish.form.suffix)
    facts = gathered(source, wish.form, proof, folder, evidence_of(source.ctx, source.tuned))
    use = {
        one: how_to_use(wish.form, folder, name, plain(source.tuned.name), one, talks=not facts.scores)
        for one in LANGUAGES
    }
    (folder / "README.md").write_text(whole_card(facts, use), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    progress.phase("packing", size)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    settings = source.ctx.settings
    if not zipped:
        folder.rename(target / name)
        return {"name": name, "path": settings.relative(target / name), "bytes": size, "sha256": None}
    packed = pack(folder, target / "model.zip", name, progress.more)
    shutil.rmtree(folder)
    return {"name": f"{name}.zip", "path": settings.relative(target / "model.zip"), **packed}
