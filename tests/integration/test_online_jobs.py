"""Jobs that learn from answers which the model writes: to the end, stopped, and killed while it writes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine.core.context import Context
from storage.job_tables import Metric
from tests import tiny, training_jobs

TRAINING: dict[str, Any] = {
    "epochs": 1,
    "batch_size": 2,
    "answers": 4,
    "answer_tokens": 12,
    "max_length": 128,
    "evaluations": 2,
    "learning_rate": 0.02,
    "unfinished": "as_scored",
    "rewards": [{"reward": "length", "weight": 1.0, "values": {}}],
}


@pytest.fixture
def job_inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(10), held_out=2)


def metrics(ctx: Context, job_id: int) -> dict[tuple[str, int], float]:
    with ctx.db.read() as s:
        return {(one.name, one.step): one.value for one in s.scalars(select(Metric).where(Metric.job_id == job_id))}


@pytest.mark.parametrize("objective", ["grpo", "ppo", "online_dpo"])
def test_a_job_learns_and_draws_what_it_declares(ctx: Context, job_inputs: tuple[int, int], objective: str) -> None:
    job = training_jobs.train(ctx, job_inputs, objective=objective, training=TRAINING)
    assert (job.status, job.error) == ("succeeded", None)
    names = {name for name, _step in metrics(ctx, job.id)}
    print(sorted(names))
    assert {"reward", "ended", "answer_tokens", "val_reward", "val_win_rate", "val_win_rate_sampled"} <= names
