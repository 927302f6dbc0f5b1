"""Whole jobs that learn from pairs and thumbs: from the rows to a model that prefers what it should."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine.core.context import Context
from engine.core.errors import SpecError
from storage.job_tables import Job, Metric
from tests import tiny, training_jobs

SEED = 3
QUICK = {"epochs": 2, "batch_size": 4, "evaluations": 2, "learning_rate": 0.01, "beta": 0.5}


def pairs(count: int = 20) -> list[dict[str, Any]]:
    """Questions whose better answer has the right colour, the worse one another word."""
    rows = []
    for place, row in enumerate(tiny.chat_rows(count, seed=SEED)):
        question, answer = row["messages"]
        worse = {"role": "assistant", "content": f"Tell me about the {tiny.WORDS[place % len(tiny.WORDS)]}."}
        rows.append({"prompt": [question], "chosen": [answer], "rejected": [worse]})
    return rows


def thumbs() -> list[dict[str, Any]]:
    """One answer a row, a third of them bad."""
    return [
        {"prompt": row["prompt"], "completion": row["rejected" if place % 3 else "chosen"], "label": not place % 3}
        for place, row in enumerate(pairs(24))
    ]


def values(ctx: Context, job: Job, name: str) -> list[float]:
    with ctx.db.read() as s:
        found = select(Metric.value).where(Metric.job_id == job.id, Metric.name == name)
        return [float(value) for value in s.scalars(found.order_by(Metric.step)) if value is not None]


@pytest.mark.parametrize("key", ["dpo", "orpo"])
def test_pairs_are_learnt_and_their_numbers_drawn(ctx: Context, key: str) -> None:
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, pairs())
    more = {"imitate": 0.0} if key == "dpo" else {}
    job = training_jobs.train(ctx, inputs, objective=key, training=QUICK | more)
    assert job.status == "succeeded", job.error
    for name in ("accuracy", "margin", "chosen_logp", "rejected_logp", "preference_loss"):
        assert values(ctx, job, name), name
        assert len(values(ctx, job, f"val_{name}")) >= 2, name
    right, margins = values(ctx, job, "val_accuracy"), values(ctx, job, "val_margin")
    assert right[-1] == 1.0
    assert margins[-1] > margins[0]
    if key == "dpo":
        assert values(ctx, job, "train_loss")[0] == pytest.approx(0.6931, abs=2e-4)
        assert values(ctx, job, "val_loss")[0] == pytest.approx(0.6931, abs=2e-4)
    made = training_jobs.tuned(ctx, job.id)
    assert made is not None
    assert made.format == "adapter"


def test_thumbs_are_learnt_with_their_distance(ctx: Context) -> None:
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, thumbs())
    job = training_jobs.train(ctx, inputs, objective="kto", training=QUICK)
    assert job.status == "succeeded", job.error
    ups, downs = values(ctx, job, "val_good_rise"), values(ctx, job, "val_bad_rise")
    assert ups[-1] > downs[-1]
    assert values(ctx, job, "val_accuracy")[-1] > 0.5
    distance = values(ctx, job, "kl")
    assert min(distance) >= 0
    assert values(ctx, job, "train_loss")[0] == pytest.approx(0.5, abs=0.2)


def test_methods_that_put_vectors_in_front_are_refused_before_a_job(ctx: Context) -> None:
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, pairs())
    with pytest.raises(SpecError) as caught:
        training_jobs.train(ctx, inputs, objective="dpo", method="prompt_tuning", training={"beta": 0.1})
    assert caught.value.faults["method"]["code"] == "preference.no_start"
