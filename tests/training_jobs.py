"""Training jobs of tests, run within this process: start one, look at what it left."""

from __future__ import annotations

from typing import Any

import torch
from peft import PeftModel
from sqlalchemy import select
from transformers import AutoModelForCausalLM

from engine.core.context import Context
from engine.data.rows.store import read_rows
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import weights_folder
from engine.objectives import objective_of
from engine.training.batches.examples import load_examples
from engine.training.forward.forward import Padded
from storage.job_tables import Checkpoint, Job
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import workers

TRAINING = {"epochs": 4, "batch_size": 8, "evaluations": 2, "learning_rate": 0.01}


def train(ctx: Context, inputs: tuple[int, int], **raw: Any) -> Job:
    """Queue a job with quick settings and run it to its end."""
    raw["training"] = TRAINING | raw.get("training", {})
    workers.queue(ctx, *inputs, **raw)
    return workers.run_here(ctx)


def tuned(ctx: Context, job_id: int) -> TunedModel | None:
    """What the job made."""
    with ctx.db.read() as s:
        return s.scalar(select(TunedModel).where(TunedModel.job_id == job_id))


def kept(ctx: Context, job_id: int) -> list[Checkpoint]:
    """The job's checkpoints that are offered for resume, oldest first."""
    with ctx.db.read() as s:
        alive = select(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.deleted_at.is_(None))
        return list(s.scalars(alive.order_by(Checkpoint.step)))


def folders(ctx: Context, job_id: int) -> set[str]:
    """Everything in the job's checkpoint folder."""
    return {path.name for path in (ctx.settings.home / "jobs" / str(job_id) / "checkpoints").glob("*")}


def loss_of_tuned(ctx: Context, job: Job, made: TunedModel) -> float:
    """Validation loss of what lies on disk, loaded afresh and computed the plain way."""
    with ctx.db.read() as s:
        base, dataset = s.get(LanguageModel, job.base_model_id), s.get(Dataset, job.dataset_id)
    assert base is not None
    assert dataset is not None
    folder = ctx.settings.absolute(made.path)
    weights = weights_folder(ctx.settings, base)
    model: Any = AutoModelForCausalLM.from_pretrained(folder if made.format == "full" else weights, dtype=torch.float32)
    if made.format == "adapter":
        model = PeftModel.from_pretrained(model, folder)
    template = ChatTemplate.load(ctx.settings.absolute(str(base.tokenizer_path)))
    rows = load_examples(
        read_rows(ctx.settings.absolute(str(dataset.rows_path))),
        template,
        objective_of(job.spec["objective"]),
        job.spec["training"],
        ctx.settings.home / "look",
    ).val
    with torch.no_grad():
        forward = Padded(model.eval())
        total = sum(float(forward.cross_entropy(group)) for group in forward.groups(rows, 1_000_000))
        return total / sum(row.weight for row in rows)
