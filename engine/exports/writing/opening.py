"""Opens the workshop of an export job: the tuned model is loaded once, asked everything, and merged when a form wants that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.exports.common.declaration import ExportSource
from engine.exports.common.workshop import Workshop
from engine.exports.proof.questions import Questions, questions_of
from engine.exports.proof.trained_base import write_trained
from engine.exports.proof.truth import head_beside, write_truth
from engine.exports.writing.merging import merger, with_result
from engine.exports.writing.result_files import template_of
from engine.methods import method_of
from engine.models.base.download_progress import ByteProgress
from engine.models.base.integrity import intact_weights
from engine.models.tuned.results import kind_of
from engine.serving.runtime.loading import load_model


def open_shop(source: ExportSource, work: Path, progress: ByteProgress, *, proved: bool) -> Workshop:
    """Load the tuned model in fp32 on the processor and keep what it says in `work`.

    Args:
        proved: a form has a reader which it is held against; the model is only loaded where one has.

    Raises:
        Fault: "chat.damaged" and its like, where files are not what training left.
        Cancelled: nobody wants it any more.
    """
    if not proved:
        return Workshop()
    template = template_of(source)
    questions = questions_of(source.ctx, source.tuned, template)
    progress.phase("loading")
    model, merge = _loaded(source, questions, progress)
    progress.phase("asking")
    truth = write_truth(model, template, questions, work, progress, head_beside(source.folder))
    if kind_of(source.folder) == "adapter":
        weights = intact_weights(source.ctx.settings, source.base, whole=False)
        write_trained(source.tuned, source.folder, weights, truth, progress)
    return Workshop(truth, merge)


def _loaded(source: ExportSource, questions: Questions, progress: ByteProgress) -> tuple[Any, Any]:
    """The model as it answers, and what makes a plain one of it."""
    if (source.folder / "config.json").is_file():
        whole = load_model(source.folder, "fp32", "cpu")
        return whole, lambda: whole
    weights = intact_weights(source.ctx.settings, source.base, whole=True, on_bytes=progress.more)
    method = method_of(source.tuned.method)
    model = with_result(load_model(weights, "fp32", "cpu"), source.folder)
    return model, merger(model, source.folder, method, [row.ids for row in questions.rows[:4]])
