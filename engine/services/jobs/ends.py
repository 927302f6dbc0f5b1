"""Whether a job would teach a model where its answers end: refused before it starts where it would not, unless that is wanted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import Faults
from engine.data.templates.isolated.isolated_template import open_template
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.models.base.paths import tokenizer_folder
from storage.queries import base_models, inputs

_FILES = ("tokenizer.json", "chat_template.jinja", "special.json")


def unlearnt_ends(ctx: Context, spec: JobSpec) -> Faults:
    """The fault of the setting that leaves the ends of answers unlearnt, by field; empty where they are learnt.

    Nothing is said where model or data set are missing, or where the model's files cannot be read: others tell of that.
    """
    if spec.training.get("open_ends", True) or not method_of(spec.method).capabilities.trains:
        return {}
    with ctx.db.read() as s:
        model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
    if model is None or dataset is None or dataset.kind == "text":
        return {}
    try:
        folder = tokenizer_folder(ctx.settings, model)
        own, token = _ends(folder, model.name, _stamps(folder))
    except (Fault, OSError):
        return {}
    if own or (token and spec.training["teach_end"]):
        return {}
    if not token:
        return {"training.open_ends": {"code": "job.no_end", "params": {"model": model.name}}}
    return {"training.teach_end": {"code": "job.end_refused", "params": {"model": model.name, "token": token}}}


def _stamps(folder: Path) -> tuple[int, ...]:
    """When the files were written that tell the ends: what was found of them holds as long."""
    return tuple((folder / name).stat().st_mtime_ns for name in _FILES if (folder / name).exists())


@lru_cache(maxsize=64)
def _ends(folder: Path, name: str, _stamps: tuple[int, ...]) -> tuple[bool, str]:
    """Whether the template itself ends an answer with a token (or there is none, which others tell), and which would be taught."""
    template = open_template(folder, name)
    return not template.has_chat or template.turn_end is not None, template.end_text
