"""The first lesson: the starter model learns a built-in sample data set with the settings that every newcomer gets."""

from __future__ import annotations

from typing import Any, cast

from engine.core.context import Context
from engine.methods import method_of
from engine.objectives import usual_objective
from engine.services.data import datasets
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.services.planning import estimates
from engine.shapes.app import LessonDataset, LessonModel, LessonRow, LessonView

METHOD = "lora"
_LOOKED_AT = 40
_OF_DATASET = ("id", "name", "train_rows", "val_rows")
_OF_MODEL = ("id", "name", "status", "error", "progress")


def lesson_spec(name: str, model_id: int, dataset_id: int, epochs: float | None = None) -> dict[str, Any]:
    """The raw spec of the lesson: every setting at its default, but for the passes where they are given."""
    training = {} if epochs is None else {"epochs": epochs}
    return {"name": name, "base_model": model_id, "dataset": dataset_id, "method": METHOD, "training": training}


def lesson(ctx: Context, language: str) -> LessonView:
    """What the lesson teaches, how, and what it costs. Makes the sample data set and has the starter model prepared.

    Returns:
        {dataset: {id, name, train_rows, val_rows}, rows: [{question, answer}], model, method, rank, epochs,
        plan: the planner's answer, or None while the model is not ready}.
    """
    dataset = datasets.dataset_view(ctx, datasets.ensure_sample(ctx, language))
    model = base_models.base_model_view(ctx, base_models.ensure_starter(ctx))
    method = method_of(METHOD)
    ready = model["status"] == "ready"
    defaults = {param.key: param.default for param in (*usual_objective().params_for(method.defaults), *method.params)}
    return {
        "dataset": cast(LessonDataset, {key: value for key, value in dataset.items() if key in _OF_DATASET}),
        "rows": _different_answers(ctx, dataset["id"], 3),
        "model": cast(LessonModel, {key: value for key, value in model.items() if key in _OF_MODEL}),
        "method": METHOD,
        "rank": defaults["rank"],
        "epochs": defaults["epochs"],
        "plan": estimates.plan(ctx, lesson_spec("-", model["id"], dataset["id"])) if ready else None,
    }


def _different_answers(ctx: Context, dataset_id: int, n: int) -> list[LessonRow]:
    rows = datasets.dataset_rows(ctx, dataset_id, limit=_LOOKED_AT, split="train")["rows"]
    found: dict[str, str] = {}
    for row in rows:
        *_, question, answer = (message["content"] for message in row["messages"])
        if "?" in question or "？" in question:
            found.setdefault(answer, question)
    return [{"question": question, "answer": answer} for answer, question in list(found.items())[:n]]


def start_lesson(ctx: Context, language: str, *, name: str, key: str, epochs: float | None = None) -> int:
    """Queue the lesson; the same `key` again gives the same job.

    Raises:
        SpecError: while the starter model is not ready.
    """
    dataset_id = datasets.ensure_sample(ctx, language)
    model_id = base_models.ensure_starter(ctx)
    return lifecycle.start_job(ctx, lesson_spec(name, model_id, dataset_id, epochs), key=key)
