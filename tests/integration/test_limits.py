"""Limits that hold while a job runs, on real worker processes: too little memory, a killed worker, too little time."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any

import pytest
import torch
from sqlalchemy import select

from engine.core.context import Context
from engine.evaluation import sampling
from engine.jobs.executors import local
from engine.jobs.executors.local import LocalExecutor
from engine.jobs.runners import train
from engine.jobs.supervisor import Supervisor
from engine.services.jobs import lifecycle
from engine.training.forward.forward import Packed
from engine.training.limits.limits import memory_held, out_of_memory
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.trainer import StepTrainer
from storage.job_tables import FINAL, Job, JobEvent
from storage.queries.events import running_seconds
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.integration.short_worker import HALT
from tests.model_files import take_as_it_is
from tests.training_jobs import kept

pytestmark = pytest.mark.slow  # workers of their own, as processes

SHORT_WORKER = (sys.executable, "-m", "tests.integration.short_worker")
HALTING_WORKER = (*SHORT_WORKER, "--halts")
TRAINING = {"epochs": 2, "batch_size": 10, "evaluations": 2, "learning_rate": 0.01}
NOISE = 2e-4  # between groups of another size: the same sums in another order


def wide_model(ctx: Context) -> int:
    """A tiny model whose activations count: about 190 MB for 1,024 tokens, beside 12 MB of weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    model_id = tiny.add_model(ctx)
    folder = ctx.settings.home / "models" / "tiny" / "weights"
    changes = {"hidden_size": 128, "intermediate_size": 2048, "num_hidden_layers": 3}
    torch.manual_seed(0)
    config = AutoConfig.for_model(**json.loads((folder / "config.json").read_text()) | changes | {"head_dim": 32})
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    take_as_it_is(ctx, model_id)
    with ctx.db.write() as s:
        row = s.get_one(LanguageModel, model_id)
        row.parameters = sum(parameter.numel() for parameter in model.parameters())
    return model_id


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return wide_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=4))


def told(ctx: Context, job_id: int, code: str) -> list[dict[str, Any]]:
    """Params of the job's events of one kind."""
    with ctx.db.read() as s:
        found = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.code == code).order_by(JobEvent.id)
        return [event.params for event in s.scalars(found)]


def supervised(ctx: Context, command: tuple[str, ...] = local.WORKER) -> Supervisor:
    return Supervisor(ctx, LocalExecutor(command), interval=0.05)


@pytest.mark.slow
def test_a_job_that_runs_out_of_memory_or_is_killed_for_it_learns_the_same(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlimited, in an address space too small for a whole group, and killed by the system in mid-course."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 4)
    whole = workers.row(ctx, workers.queue(ctx, *inputs, training=TRAINING))
    assert workers.run_here(ctx).status == "succeeded"
    expected = workers.series(ctx, whole.id, "train_loss")
    monkeypatch.setenv("SHORT_OF_MB", "200")
    for make in (_short_of_memory, _killed):
        job = make(ctx, inputs, monkeypatch)
        assert (job.status, job.error) == ("succeeded", None)
        assert workers.series(ctx, job.id, "train_loss") == pytest.approx(expected, abs=NOISE)
        assert job.result["val_loss"] == pytest.approx(workers.row(ctx, whole.id).result["val_loss"], abs=NOISE)


def _short_of_memory(ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Job:
    """RLIMIT_DATA is real: torch cannot allocate what 1,024 tokens need. The step is taken again, in the same process."""
    job_id = workers.queue(ctx, *inputs, training=TRAINING)
    supervised(ctx, SHORT_WORKER).run_until(lambda: workers.row(ctx, job_id).status in FINAL)
    halved = told(ctx, job_id, "groups_halved")
    assert halved
    assert [params["tries"] for params in halved] == list(range(1, len(halved) + 1))
    assert halved[0]["tokens"] < told(ctx, job_id, "memory_plan")[0]["tokens"]
    assert workers.row(ctx, job_id).attempt == 1
    return workers.row(ctx, job_id)


def _killed(ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Job:
    """SIGKILL while the kernel's count of such kills rises: the queue itself starts the job again from its checkpoint."""
    kills = [7]
    monkeypatch.setattr(local, "memory_kills", lambda: kills[0])
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"keep_checkpoints": 2})

    def kill_once() -> None:
        workers.wait_until(lambda: workers.row(ctx, job_id).step == HALT, 300)
        kills[0] += 1
        os.kill(workers.row(ctx, job_id).pid or 0, signal.SIGKILL)

    killer = threading.Thread(target=kill_once)
    killer.start()
    supervised(ctx, HALTING_WORKER).run_until(lambda: workers.row(ctx, job_id).status in FINAL)
    killer.join()
    retry = told(ctx, job_id, "memory_retry")[0]
    first, second = told(ctx, job_id, "memory_plan")
    assert told(ctx, job_id, "memory_killed")
    assert (retry["tokens"], retry["tries"], second["tokens"]) == (first["tokens"] // 2, 1, first["tokens"] // 2)
    assert [params["step"] for params in told(ctx, job_id, "resumed")] == [4]
    assert workers.row(ctx, job_id).attempt == 2
    return workers.row(ctx, job_id)


@pytest.mark.slow
def test_memory_that_never_suffices_ends_with_the_estimate_beside_the_limit(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the groups are. (A real limit would leave a process like this one what its heap has already.)"""

    def refuse(_trainer: StepTrainer, _examples: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(StepTrainer, "_backward", refuse)
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"checkpointing": "off", "evaluations": 0})
    job = workers.run_here(ctx)
    assert job.error is not None
    assert (job.status, job.error["code"]) == ("failed", "training.out_of_memory")
    params = job.error["params"]
    assert (params["tries"], len(told(ctx, job_id, "groups_halved"))) == (3, 3)
    assert sum(item["mb"] for item in params["items"]) == pytest.approx(params["need_mb"], abs=len(params["items"]))
    assert {"limit_mb", "advice"} <= params.keys()


# ---------------------------------------------------------------- time

MINUTES = 0.12
SLACK_S = 4.0  # saving, and what a shared machine may take longer


@pytest.fixture
def unhurried(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Inputs of the usual tiny model; each group takes a while."""
    loss = Packed.cross_entropy

    def rest(self: Packed, group: Any) -> Any:
        time.sleep(0.08)
        return loss(self, group)

    monkeypatch.setattr(Packed, "cross_entropy", rest)
    monkeypatch.setattr(sampling, "NEW_TOKENS", 4)
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(88), held_out=40)


def timed(ctx: Context, inputs: tuple[int, int], minutes: float = MINUTES, **training: Any) -> Job:
    """A job with a limit of a few seconds, run once; it ends within them."""
    settings = {
        "epochs": 15,
        "batch_size": 8,
        "evaluations": 3,
        "learning_rate": 0.01,
        "scored_answers": 0,
        "model_from": "last",
    } | training
    workers.queue(ctx, *inputs, training=settings, budget={"device": "cpu", "minutes": minutes})
    return in_time(ctx)


def in_time(ctx: Context) -> Job:
    job = workers.run_here(ctx)
    assert (job.finished_at or 0) - (job.started_at or 0) < 60 * job.spec["budget"]["minutes"] + SLACK_S
    return job


def test_each_time_limit_ends_with_all_that_resuming_needs_until_the_job_is_done(
    ctx: Context, unhurried: tuple[int, int]
) -> None:
    job, steps = timed(ctx, unhurried), [0]
    while job.status == "stopped" and len(steps) < 9:
        assert (job.result["ended"], job.step >= steps[-1]) == ("time", True)
        assert workers.series(ctx, job.id, "val_loss")[job.step] == pytest.approx(job.result["val_loss"])
        assert kept(ctx, job.id)[-1].step == job.step
        steps.append(job.step)
        lifecycle.resume_job(ctx, job.id)
        job = in_time(ctx)
    assert (job.status, job.step) == ("succeeded", job.total_steps)
    assert len(steps) > 1
    assert len(told(ctx, job.id, "time_budget")) == len(steps) - 1
    with ctx.db.read() as s:
        assert running_seconds(s, [job.id])[job.id] > 60 * MINUTES * (len(steps) - 1) * 0.5


def test_slow_scoring_is_done_on_fewer_rows_under_a_time_limit(
    ctx: Context, unhurried: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    score = StepTrainer.mean_loss

    def slow(self: StepTrainer, examples: Any, between: Any) -> Any:
        time.sleep(0.12 * len(examples))
        return score(self, examples, between)

    monkeypatch.setattr(StepTrainer, "mean_loss", slow)
    job = timed(ctx, unhurried, minutes=0.25, epochs=1, evaluations=1)
    thinned = told(ctx, job.id, "validation_in_time")[0]
    assert 0 < thinned["used"] < thinned["total"] == 40
    assert job.result["val_loss"] is not None


def test_a_limit_that_is_over_before_the_first_step_says_so(
    ctx: Context, unhurried: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_arguments: Any, **_more: Any) -> None:
        for _ in range(200):
            time.sleep(0.1)

    monkeypatch.setattr(train, "load_base", slow)
    job = timed(ctx, unhurried)
    assert (job.status, job.error) == ("failed", {"code": "training.no_time", "params": {"minutes": MINUTES}})


# ---------------------------------------------------------------- what the system holds


def test_the_data_limit_refuses_what_is_beyond_the_budget_and_goes_away() -> None:
    with memory_held(1, need_mb=100) as limit:
        assert limit is not None
        limit.hold()
        assert len(torch.ones(10_000_000)) == 10_000_000  # 40 MB of the 164
        with pytest.raises(RuntimeError) as refused:
            torch.empty(100_000_000)
        assert out_of_memory(refused.value)
    assert len(torch.empty(100_000_000)) == 100_000_000


def test_the_peak_is_that_since_the_last_look() -> None:
    watch = MemoryWatch(torch.device("cpu"), None)
    watch.take()
    torch.ones(50_000_000)
    high, _device = watch.take()
    low, _device = watch.take()
    assert high - low == pytest.approx(200, abs=30)
    assert watch.highest_mb == high
