"""An empty thought before each answer, with a chat template that knows of no thinking: refused before the job starts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import Faults
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.thoughts.wish import EMPTY
from engine.jobs.spec import JobSpec
from engine.models.base.paths import tokenizer_folder
from engine.objectives.shared_params import THINKING
from storage.queries import base_models, inputs


def impossible_thoughts(ctx: Context, spec: JobSpec) -> Faults:
    """The fault of the setting, by field; empty where the template has a place for thinking, or nobody wants an empty one.

    Nothing is said where model or data set are missing, or where the model's files cannot be read: others tell of that.
    """
    if spec.training.get(THINKING.key) != EMPTY:
        return {}
    with ctx.db.read() as s:
        model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
    if model is None or dataset is None or dataset.kind == "text":
        return {}
    try:
        folder = tokenizer_folder(ctx.settings, model)
        stamp = (folder / "chat_template.jinja").stat().st_mtime_ns
        known = _knows(folder, model.name, stamp)
    except (Fault, OSError):
        return {}
    return {} if known else {f"training.{THINKING.key}": {"code": "job.no_thinking", "params": {"model": model.name}}}


@lru_cache(maxsize=64)
def _knows(folder: Path, name: str, _stamp: int) -> bool:
    return open_template(folder, name).knows_thinking
