"""An export job: from a tuned model to one zip file to take away."""

from __future__ import annotations

import shutil

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.params import read_all
from engine.exports import meant
from engine.exports.declaration import ExportFormat, ExportSource, Values
from engine.exports.model_card import model_card
from engine.exports.number_format import sizes_of
from engine.exports.package import check_memory, check_space, file_name, pack
from engine.jobs.reporter import Reporter
from engine.models.base.download_progress import ByteProgress
from storage.job_tables import Job
from storage.queries.tuned_models import get_tuned
from storage.tables import LanguageModel


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Write exports/<job>/<name>.zip; the job's result says path, size, sha256, name and proof. Raises Fault."""
    form, values, source = _task(ctx, job)
    work = ctx.settings.folder("exports", str(job.id))
    draft = work / "draft"
    progress = ByteProgress(reporter)
    sizes = sizes_of(ctx.settings, source.tuned, source.base)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        check_space(work, form.disk_bytes(sizes, values))
        check_memory(form.memory_mb(sizes, values))
        proof = form.write(source, values, draft, progress)
        (draft / "README.md").write_text(model_card(source, form.readme(source), proof.get("dtype")), encoding="utf-8")
        name = file_name(source.tuned.name, form.suffix)
        progress.phase("packing", sum(file.stat().st_size for file in draft.rglob("*") if file.is_file()))
        packed = pack(draft, work / "model.zip", name, progress.more)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    path = ctx.settings.relative(work / "model.zip")
    reporter.finish("succeeded", result={"path": path, "name": f"{name}.zip", "proof": proof, **packed})


def _task(ctx: Context, job: Job) -> tuple[ExportFormat, Values, ExportSource]:
    """The form, its settings and what it is made of. Jobs of earlier versions have no settings. Raises NotFound or Fault."""
    with ctx.db.read() as s:
        tuned = get_tuned(s, job.spec["tuned_id"])
        if tuned is None:
            raise NotFound(tuned=job.spec["tuned_id"])
        base = s.get_one(LanguageModel, tuned.base_model_id)
    form = meant(str(job.spec["format"]), tuned.format)
    values, _faults = read_all(form.params, job.spec.get("params", {}), "export")
    return form, values, ExportSource(ctx, tuned, base, ctx.settings.absolute(tuned.path))
