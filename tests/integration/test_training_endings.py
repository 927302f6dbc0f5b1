"""Each way in which a training job can end, on the real database with a tiny model."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch

from engine.core.context import Context
from engine.evaluation import sampling
from engine.jobs.reporter import Reporter
from engine.services.jobs import lifecycle
from engine.training.forward.forward import Packed
from engine.training.limits.safe_files import hashes
from engine.training.loop import checkpoints as checkpoints_module
from engine.training.loop.trainer import StepTrainer
from storage.job_tables import Job
from tests import tiny, workers
from tests.training_jobs import TRAINING, folders, kept, loss_of_tuned, train, tuned

pytestmark = pytest.mark.slow  # workers of their own, as processes


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers take most of a tiny run."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=2))


def test_cancel_saves_nothing(ctx: Context, inputs: tuple[int, int]) -> None:
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"epochs": 400, "evaluations": 100})
    watcher = threading.Thread(target=_when, args=(ctx, job_id, 30, lambda: lifecycle.cancel_job(ctx, job_id)))
    watcher.start()
    job = workers.run_here(ctx)
    watcher.join()
    assert job.status == "cancelled"
    assert tuned(ctx, job_id) is None
    assert kept(ctx, job_id) == []
    assert folders(ctx, job_id) == set()
    assert not (ctx.settings.home / "tuned").exists()


def test_stop_keeps_what_was_learnt_and_can_go_on(ctx: Context, inputs: tuple[int, int]) -> None:
    whole = train(ctx, inputs, training={"epochs": 12})
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"epochs": 12})
    watcher = threading.Thread(target=_when, args=(ctx, job_id, 5, lambda: lifecycle.stop_job(ctx, job_id)))
    watcher.start()
    stopped = workers.run_here(ctx)
    watcher.join()
    assert stopped.status == "stopped"
    assert 5 <= stopped.step < 60
    made = tuned(ctx, job_id)
    assert made is not None
    assert loss_of_tuned(ctx, stopped, made) == pytest.approx(stopped.result["val_loss"], abs=1e-5)
    assert kept(ctx, job_id)[-1].step == stopped.step
    lifecycle.resume_job(ctx, job_id)
    finished = workers.run_here(ctx)
    assert (finished.status, finished.step, finished.attempt) == ("succeeded", 60, 2)
    again = tuned(ctx, job_id)
    assert again is not None
    assert again.id == made.id
    assert again.weights_hash != made.weights_hash
    expected, found = (workers.series(ctx, job.id, "train_loss") for job in (whole, finished))
    assert found == pytest.approx(expected, abs=1e-6)
    assert finished.result["tokens"] == whole.result["tokens"]


@pytest.mark.parametrize("phase", ["reading", "scoring", "evaluating", "sampling"])
def test_a_stop_before_the_first_step_ends_the_job_at_once(
    ctx: Context, inputs: tuple[int, int], phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, asked = Reporter.phase, list[str]()

    def stop_then(reporter: Reporter, name: str) -> None:
        told(reporter, name)
        asked.append(name)
        if name == phase and asked.count(phase) == 1:
            reporter.flush()
            lifecycle.stop_job(ctx, reporter.job_id)
            reporter.flush()

    monkeypatch.setattr(Reporter, "phase", stop_then)
    stopped = train(ctx, inputs, training={"scored_answers": 4})
    assert (stopped.status, stopped.step, stopped.error) == ("stopped", 0, None)
    assert asked[-1] == phase  # nothing was begun after it
    assert tuned(ctx, stopped.id) is None
    assert kept(ctx, stopped.id) == []
    view = lifecycle.job_view(ctx, stopped.id)
    assert view["headline"]["code"] == "stopped.early"
    assert view["can"]["resume"]
    lifecycle.resume_job(ctx, stopped.id)
    assert workers.run_here(ctx).status == "succeeded"


def test_a_stop_keeps_the_examples_without_looking_at_what_they_do(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, asked = Reporter.phase, list[str]()

    def stop_then(reporter: Reporter, name: str) -> None:
        told(reporter, name)
        asked.append(name)
        if name == "evaluating":
            reporter.flush()
            lifecycle.stop_job(ctx, reporter.job_id)
            reporter.flush()

    monkeypatch.setattr(Reporter, "phase", stop_then)
    stopped = train(ctx, inputs, method="few_shot", training={"scored_answers": 4})
    assert stopped.status == "stopped", stopped.error
    assert "scoring" not in asked
    assert tuned(ctx, stopped.id) is not None


def test_more_memory_than_the_budget_ends_with_a_checkpoint(ctx: Context, inputs: tuple[int, int]) -> None:
    job = train(ctx, inputs, budget={"device": "cpu", "memory_mb": 50})
    assert job.status == "failed"
    assert job.error["code"] == "training.over_memory"
    assert job.error["params"]["limit_mb"] == 50
    assert [c.step for c in kept(ctx, job.id)] == [1]


def test_an_exploding_run_keeps_its_last_good_checkpoint(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(store: Any, trainer: Any, progress: Any) -> None:
        save(store, trainer, progress)
        next(p for p in trainer.model.parameters() if p.requires_grad).data.fill_(float("inf"))

    save = checkpoints_module.CheckpointStore.save
    monkeypatch.setattr(checkpoints_module.CheckpointStore, "save", poison)
    job = train(ctx, inputs)
    assert job.status == "failed"
    assert job.error == {"code": "training.nan_rate", "params": {"step": 11, "learning_rate": 0.01, "lower": 0.001}}
    assert [c.step for c in kept(ctx, job.id)] == [10]
    monkeypatch.undo()
    lifecycle.resume_job(ctx, job.id)
    assert workers.run_here(ctx).status == "succeeded"


def test_a_full_disk_at_a_checkpoint_keeps_the_one_before(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training.limits import safe_files

    real, saved = safe_files._sync, []

    def full(path: Any) -> None:
        if "step-20" in str(path):
            raise OSError(28, "No space left on device")
        saved.append(path)
        real(path)

    monkeypatch.setattr(safe_files, "_sync", full)
    job = train(ctx, inputs)
    assert saved
    assert job.status == "failed"
    assert job.error["code"] == "training.disk_full"
    assert folders(ctx, job.id) == {"step-10-1"}
    monkeypatch.undo()
    lifecycle.resume_job(ctx, job.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    assert "resumed" in workers.event_codes(ctx, job.id)


def test_a_full_disk_at_the_very_end_loses_nothing(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training.limits import safe_files

    def full(path: Any) -> None:
        if "tuned" in str(path):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(safe_files, "_sync", full)
    job = train(ctx, inputs)
    assert (job.status, job.error["code"]) == ("failed", "training.disk_full")
    assert list((ctx.settings.home / "tuned").iterdir()) == []
    assert [c.step for c in kept(ctx, job.id)] == [10, 20]
    monkeypatch.undo()
    lifecycle.resume_job(ctx, job.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    made = tuned(ctx, job.id)
    assert made is not None
    assert loss_of_tuned(ctx, done, made) == pytest.approx(done.result["val_loss"], abs=1e-5)


def test_a_stop_during_a_save_leaves_a_valid_checkpoint(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(trainer: StepTrainer, folder: Any) -> None:
        lifecycle.stop_job(ctx, 1)
        trainer_saves(trainer, folder)

    trainer_saves = StepTrainer.save_state
    monkeypatch.setattr(StepTrainer, "save_state", ask)
    job = train(ctx, inputs, training={"epochs": 8})
    assert job.status == "stopped"
    assert 20 <= job.step < 40
    found = kept(ctx, job.id)
    assert {ctx.settings.absolute(c.path).name for c in found} == folders(ctx, job.id)
    assert all(hashes(ctx.settings.absolute(c.path)) == c.files for c in found)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(ctx: Context, inputs: tuple[int, int], damage: str) -> None:
    first = train(ctx, inputs)
    newest = ctx.settings.absolute(kept(ctx, first.id)[-1].path)
    file = newest / "optimizer.pt"
    data = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    (newest.parent / "step-99-1").mkdir()  # written, never registered
    (newest.parent / ".step-98-1.partial").mkdir()
    with ctx.db.write() as s:
        job = s.get(Job, first.id)
        assert job is not None
        job.status = "interrupted"
    before = workers.series(ctx, first.id, "train_loss")
    lifecycle.resume_job(ctx, first.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    codes = workers.event_codes(ctx, first.id)
    assert codes.index("checkpoint_broken") < codes.index("resumed")
    assert workers.series(ctx, first.id, "train_loss") == pytest.approx(before, abs=1e-6)
    assert folders(ctx, first.id) == {"step-10-1", "step-20-2"}


def test_memory_errors_halve_the_groups_and_change_nothing_else(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a processor refuses it, and as a GPU does (`test_killed_for_memory.py` asks a real one, where there is one)."""
    loss, most = Packed.cross_entropy, 200
    error: RuntimeError = RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")

    def short_of_memory(self: Packed, group: Any) -> torch.Tensor:
        if torch.is_grad_enabled() and sum(map(len, group)) > most:
            raise error
        return loss(self, group)

    expected = workers.series(ctx, train(ctx, inputs).id, "train_loss")
    monkeypatch.setattr(Packed, "cross_entropy", short_of_memory)
    job = train(ctx, inputs)
    assert job.status == "succeeded"
    assert "groups_halved" in workers.event_codes(ctx, job.id)
    assert workers.series(ctx, job.id, "train_loss") == pytest.approx(expected, abs=1e-4)
    most, error = 10, torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    job = train(ctx, inputs, training={"evaluations": 0})
    assert (job.status, job.error["code"]) == ("failed", "training.out_of_memory")
    assert job.error["params"]["tries"] == 3


def _when(ctx: Context, job_id: int, step: int, act: Any) -> None:
    workers.wait_until(lambda: workers.row(ctx, job_id).step >= step)
    act()
