"""Jobs that learn from answers which the model writes: to the end, stopped, and killed while they write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from sqlalchemy import select

from engine.core.context import Context
from engine.jobs.reporter import Reporter
from engine.jobs.views import briefs
from engine.models.tuned.results import HEAD
from engine.objectives import OBJECTIVES
from engine.services.jobs import lifecycle
from engine.training.online import attach
from engine.training.rollout.rollout import Rollout
from storage.job_tables import Job, Metric
from tests import tiny, training_jobs, workers
from tests.integration import halting_writer

ONLINE = [one.key for one in OBJECTIVES if one.online is not None]
TRAINING: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 2,
    "answers": 4,
    "answer_tokens": 6,
    "max_length": 128,
    "evaluations": 3,
    "learning_rate": 0.02,
    "unfinished": "as_scored",
    "rewards": [{"reward": "length", "weight": 1.0, "values": {"unit": "characters", "least": 30, "most": 60}}],
}
_CLOCKS = ("memory", "tokens_per_s")


@pytest.fixture
def job_inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(10), held_out=2)


def metrics(ctx: Context, job_id: int) -> dict[tuple[str, int], float]:
    with ctx.db.read() as s:
        rows = s.scalars(select(Metric).where(Metric.job_id == job_id))
        return {(one.name, one.step): one.value for one in rows if not one.name.startswith(_CLOCKS)}


def weights(ctx: Context, job_id: int) -> dict[str, torch.Tensor]:
    made = training_jobs.tuned(ctx, job_id)
    assert made is not None
    return load_file(ctx.settings.absolute(made.path) / "adapter_model.safetensors")


def trained(ctx: Context, inputs: tuple[int, int], objective: str, **more: Any) -> Job:
    return training_jobs.train(ctx, inputs, objective=objective, training=TRAINING | more)


@pytest.mark.parametrize("objective", ONLINE)
def test_a_job_learns_and_draws_what_it_declares(ctx: Context, job_inputs: tuple[int, int], objective: str) -> None:
    job = trained(ctx, job_inputs, objective, epochs=0.5, evaluations=1)
    assert (job.status, job.error) == ("succeeded", None)
    names = {name for name, _step in metrics(ctx, job.id)}
    declared = next(one for one in OBJECTIVES if one.key == objective).charts
    absent = {chart.key for chart in declared} - names
    assert absent <= {"kl"}, absent
    assert {"reward/length", "sample_reward/0", "val_reward/length"} <= names
    assert not (ctx.settings.home / "jobs" / str(job.id) / "answers").exists()
    drawn = metrics(ctx, job.id)
    assert drawn["val_win_rate", 0] == 0.5
    made = training_jobs.tuned(ctx, job.id)
    assert made is not None
    assert "perplexity" not in {*made.metrics, *(job.result or {})}  # there is no loss over texts
    with ctx.db.read() as s:
        (listed,) = briefs(s, [s.get_one(Job, job.id)])
    assert listed["reward"] == pytest.approx(
        drawn["val_reward", max(step for name, step in drawn if name == "val_reward")]
    )
    assert not (ctx.settings.absolute(made.path) / HEAD).exists()  # it talks: what foresaw its rewards is no part of it
    assert drawn.get(("clip_share", 1), 0.0) == 0.0  # the ratio of fresh answers is 1


def test_killed_while_it_writes_it_goes_on_exactly(
    ctx: Context, job_inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last checkpoint lies between two steps of one rollout; answers of the steps behind it are read, not written again."""
    monkeypatch.setattr(attach, "WRITTEN_AT_ONCE", halting_writer.AT_ONCE)
    own = {"inner_passes": 2, "unfinished": "low"}
    whole = trained(ctx, job_inputs, "ppo", **own)
    assert whole.status == "succeeded"
    workers.queue(ctx, *job_inputs, objective="ppo", training=training_jobs.TRAINING | TRAINING | own)
    job_id, attempt = workers.claim(ctx)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.halting_writer", str(job_id), str(attempt)],
        cwd=workers.PROJECT, env=os.environ | ctx.settings.child_environment(), start_new_session=True,
    )  # fmt: skip
    workers.wait_until((ctx.settings.home / "halted").exists, 120)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert training_jobs.kept(ctx, job_id)[-1].step == 5
    with ctx.db.write() as s:
        found = s.get(Job, job_id)
        assert found is not None
        found.status = "interrupted"
    lifecycle.resume_job(ctx, job_id)
    again = workers.run_here(ctx)
    assert (again.id, again.status, again.error) == (job_id, "succeeded", None)
    assert metrics(ctx, job_id) == metrics(ctx, whole.id)
    expected = weights(ctx, whole.id)
    assert all(torch.equal(one, expected[name]) for name, one in weights(ctx, job_id).items())


def test_a_stop_while_it_writes_keeps_the_steps_before(
    ctx: Context, job_inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    heed = Rollout._heed

    def stopping(rollout: Rollout) -> None:
        if rollout.trainer.state.global_step == 3 and rollout._halts:
            monkeypatch.setattr(Reporter, "requested", lambda _self: "stop")
        heed(rollout)

    monkeypatch.setattr(Rollout, "_heed", stopping)
    job = trained(ctx, job_inputs, "grpo")
    assert (job.status, job.step) == ("stopped", 3)
    assert weights(ctx, job.id)


def test_where_all_answers_get_the_same_no_number_moves(ctx: Context, job_inputs: tuple[int, int]) -> None:
    always = [{"reward": "length", "weight": 1.0, "values": {"least": 0, "most": None}}]
    job = trained(ctx, job_inputs, "grpo", rewards=always, epochs=0.5, weight_decay=0.5)
    assert job.status == "succeeded"
    drawn = metrics(ctx, job.id)
    assert {drawn["flat_groups", step] for step in (1, 2)} == {1.0}
    assert {drawn["grad_norm", step] for step in (1, 2)} == {0.0}
    assert all(not one.any() for name, one in weights(ctx, job.id).items() if "lora_B" in name)
