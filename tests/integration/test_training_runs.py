"""Training jobs on the real database with a tiny model: what a run writes, and each way in which it can end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from sqlalchemy import select
from transformers import AutoModelForCausalLM

from engine.base_models.paths import weights_folder
from engine.context import Context
from engine.data.store import read_rows
from engine.data.template import ChatTemplate
from engine.services import jobs
from engine.training import checkpoints as checkpoints_module
from engine.training import sampling
from engine.training.examples import load_examples
from engine.training.files import hashes
from engine.training.forward import Packed, Padded
from engine.training.result import weights_hash
from engine.training.trainer import StepTrainer
from storage.job_tables import Checkpoint, Job, Metric, Sample
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import tiny, workers

TRAINING = {"epochs": 4, "batch_size": 8, "evaluations": 2, "learning_rate": 0.01}


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers take most of a tiny run."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=2))


def train(ctx: Context, inputs: tuple[int, int], **raw: Any) -> Job:
    raw["training"] = TRAINING | raw.get("training", {})
    workers.queue(ctx, *inputs, **raw)
    return workers.run_here(ctx)


def tuned(ctx: Context, job_id: int) -> TunedModel | None:
    with ctx.db.read() as s:
        return s.scalar(select(TunedModel).where(TunedModel.job_id == job_id))


def kept(ctx: Context, job_id: int) -> list[Checkpoint]:
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
        job.spec["training"],
        ctx.settings.home / "look",
    ).val
    with torch.no_grad():
        return float(Padded(model.eval()).loss(rows)) / sum(row.trained for row in rows)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_learns_and_leaves_a_tuned_model_that_scores_as_it_says(
    ctx: Context, inputs: tuple[int, int], method: str
) -> None:
    job = train(ctx, inputs, method=method)
    assert (job.status, job.error, job.step, job.total_steps) == ("succeeded", None, 20, 20)
    losses = workers.series(ctx, job.id, "train_loss")
    assert list(losses) == list(range(1, 21))
    assert losses[20] < losses[1] - 0.4
    scores = workers.series(ctx, job.id, "val_loss")
    assert list(scores) == [0, 10, 20]
    assert job.result["base_val_loss"] == pytest.approx(scores[0])
    assert job.result["val_loss"] == pytest.approx(scores[20])
    assert job.val_loss == pytest.approx(scores[20])
    made = tuned(ctx, job.id)
    assert made is not None
    assert loss_of_tuned(ctx, job, made) == pytest.approx(scores[20], abs=1e-5)
    assert made.weights_hash == weights_hash(ctx.settings.absolute(made.path))
    assert made.lineage["spec"] == job.spec
    assert {"torch", "transformers", "peft"} <= set(made.lineage["libraries"])
    assert [c.step for c in kept(ctx, job.id)] == [10, 20]
    assert folders(ctx, job.id) == {"step-10-1", "step-20-1"}


def test_every_number_and_sample_is_written(ctx: Context, inputs: tuple[int, int]) -> None:
    job = train(ctx, inputs, training={"keep_checkpoints": 1}, sample_prompts=["What is the colour of the kettle?"])
    with ctx.db.read() as s:
        names = set(s.scalars(select(Metric.name).where(Metric.job_id == job.id)))
        samples = list(s.scalars(select(Sample).where(Sample.job_id == job.id).order_by(Sample.step)))
    assert names == {
        "train_loss", "val_loss", "perplexity", "learning_rate", "grad_norm", "tokens", "tokens_per_s", "memory_process_mb",
    }  # fmt: skip
    assert [(sample.step, sample.prompt) for sample in samples] == [
        (step, "What is the colour of the kettle?") for step in (0, 10, 20)
    ]
    tokens = workers.series(ctx, job.id, "tokens")
    assert tokens[20] == job.result["tokens"]
    rates = workers.series(ctx, job.id, "learning_rate")
    assert max(rates.values()) == pytest.approx(0.01, rel=0.1)
    assert rates[20] < 0.002
    assert [c.step for c in kept(ctx, job.id)] == [20]
    assert folders(ctx, job.id) == {"step-20-1"}
    assert {"precision_fp32", "groups_packed", "succeeded"} <= set(workers.event_codes(ctx, job.id))


def test_a_quantised_base_trains_too(ctx: Context, inputs: tuple[int, int]) -> None:
    job = train(ctx, inputs, method="qlora")
    assert (job.status, job.error) == ("succeeded", None)
    losses = workers.series(ctx, job.id, "train_loss")
    assert losses[20] < losses[1] - 0.4


def test_plain_text_and_dropout_and_recomputing(ctx: Context) -> None:
    rows = [{"text": f"The kettle number {i} is copper."} for i in range(20)]
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, rows, held_out=0)
    job = train(ctx, inputs, method_params={"dropout": 0.1}, training={"checkpointing": "on", "epochs": 6})
    assert (job.status, job.error) == ("succeeded", None)
    losses = list(workers.series(ctx, job.id, "train_loss").values())
    assert losses[-1] < losses[0] - 0.3
    assert job.result["val_loss"] is None
    assert "recompute_on" in workers.event_codes(ctx, job.id)


def test_cancel_saves_nothing(ctx: Context, inputs: tuple[int, int]) -> None:
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"epochs": 400, "evaluations": 100})
    watcher = threading.Thread(target=_when, args=(ctx, job_id, 30, lambda: jobs.cancel_job(ctx, job_id)))
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
    watcher = threading.Thread(target=_when, args=(ctx, job_id, 5, lambda: jobs.stop_job(ctx, job_id)))
    watcher.start()
    stopped = workers.run_here(ctx)
    watcher.join()
    assert stopped.status == "stopped"
    assert 5 <= stopped.step < 60
    made = tuned(ctx, job_id)
    assert made is not None
    assert loss_of_tuned(ctx, stopped, made) == pytest.approx(stopped.result["val_loss"], abs=1e-5)
    assert kept(ctx, job_id)[-1].step == stopped.step
    jobs.resume_job(ctx, job_id)
    finished = workers.run_here(ctx)
    assert (finished.status, finished.step, finished.attempt) == ("succeeded", 60, 2)
    again = tuned(ctx, job_id)
    assert again is not None
    assert again.id == made.id
    assert again.weights_hash != made.weights_hash
    expected, found = (workers.series(ctx, job.id, "train_loss") for job in (whole, finished))
    assert found == pytest.approx(expected, abs=1e-6)
    assert finished.result["tokens"] == whole.result["tokens"]


def test_the_time_limit_ends_in_time_and_keeps_the_work(ctx: Context, inputs: tuple[int, int]) -> None:
    job = train(ctx, inputs, training={"epochs": 1000, "evaluations": 1}, budget={"device": "cpu", "minutes": 0.15})
    assert job.status == "stopped"
    assert 0 < job.step < job.total_steps
    assert job.finished_at - job.started_at < 11
    assert "time_budget" in workers.event_codes(ctx, job.id)
    assert tuned(ctx, job.id) is not None
    assert kept(ctx, job.id)[-1].step == job.step


def test_more_memory_than_the_budget_ends_with_a_checkpoint(ctx: Context, inputs: tuple[int, int]) -> None:
    job = train(ctx, inputs, budget={"device": "cpu", "memory_mb": 50})
    assert job.status == "failed"
    assert job.error["code"] == "training.over_memory"
    assert job.error["params"]["limit_mb"] == 50
    assert [c.step for c in kept(ctx, job.id)] == [1]


def test_a_loss_that_is_no_number_ends_at_once_with_its_cause(ctx: Context, inputs: tuple[int, int]) -> None:
    weights = ctx.settings.home / "models" / "tiny" / "weights" / "model.safetensors"
    tensors = load_file(weights)
    tensors["model.layers.1.mlp.down_proj.weight"][0] = float("nan")
    save_file(tensors, weights, metadata={"format": "pt"})
    job = train(ctx, inputs)
    assert job.status == "failed"
    assert job.error["code"] == "training.nan"
    assert tuned(ctx, job.id) is None


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
    assert job.error == {
        "code": "training.nan",
        "params": {"step": 11, "learning_rate": pytest.approx(0.0047, abs=1e-3)},
    }
    assert [c.step for c in kept(ctx, job.id)] == [10]
    monkeypatch.undo()
    jobs.resume_job(ctx, job.id)
    assert workers.run_here(ctx).status == "succeeded"


def test_a_full_disk_at_a_checkpoint_keeps_the_one_before(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training import files

    real, saved = files._sync, []

    def full(path: Any) -> None:
        if "step-20" in str(path):
            raise OSError(28, "No space left on device")
        saved.append(path)
        real(path)

    monkeypatch.setattr(files, "_sync", full)
    job = train(ctx, inputs)
    assert saved
    assert job.status == "failed"
    assert job.error["code"] == "training.disk_full"
    assert folders(ctx, job.id) == {"step-10-1"}
    monkeypatch.undo()
    jobs.resume_job(ctx, job.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    assert "resumed" in workers.event_codes(ctx, job.id)


def test_a_full_disk_at_the_very_end_loses_nothing(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training import files

    def full(path: Any) -> None:
        if "tuned" in str(path):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_sync", full)
    job = train(ctx, inputs)
    assert (job.status, job.error["code"]) == ("failed", "training.disk_full")
    assert list((ctx.settings.home / "tuned").iterdir()) == []
    assert [c.step for c in kept(ctx, job.id)] == [10, 20]
    monkeypatch.undo()
    jobs.resume_job(ctx, job.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    made = tuned(ctx, job.id)
    assert made is not None
    assert loss_of_tuned(ctx, done, made) == pytest.approx(done.result["val_loss"], abs=1e-5)


def test_a_stop_during_a_save_leaves_a_valid_checkpoint(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(trainer: StepTrainer, folder: Any) -> None:
        jobs.stop_job(ctx, 1)
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
    jobs.resume_job(ctx, first.id)
    done = workers.run_here(ctx)
    assert done.status == "succeeded"
    codes = workers.event_codes(ctx, first.id)
    assert codes.index("checkpoint_broken") < codes.index("resumed")
    assert workers.series(ctx, first.id, "train_loss") == pytest.approx(before, abs=1e-6)
    assert folders(ctx, first.id) == {"step-10-1", "step-20-2"}


def test_memory_errors_halve_the_groups_and_change_nothing_else(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, most = Packed.loss, 200

    def short_of_memory(self: Packed, group: Any) -> torch.Tensor:
        if torch.is_grad_enabled() and sum(map(len, group)) > most:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")
        return loss(self, group)

    expected = workers.series(ctx, train(ctx, inputs).id, "train_loss")
    monkeypatch.setattr(Packed, "loss", short_of_memory)
    job = train(ctx, inputs)
    assert job.status == "succeeded"
    assert "groups_halved" in workers.event_codes(ctx, job.id)
    assert workers.series(ctx, job.id, "train_loss") == pytest.approx(expected, abs=1e-4)
    most = 10
    job = train(ctx, inputs, training={"evaluations": 0})
    assert job.status == "failed"
    assert job.error["code"] == "training.out_of_memory"


def _when(ctx: Context, job_id: int, step: int, act: Any) -> None:
    workers.wait_until(lambda: workers.row(ctx, job_id).step >= step)
    act()


def test_nothing_to_learn_from_is_said_before_loading(ctx: Context) -> None:
    rows = [{"messages": [{"role": "user", "content": "a"}]}] * 3
    job = train(ctx, (tiny.add_model(ctx), tiny.add_dataset(ctx, rows, held_out=0)))
    assert (job.status, job.error["code"]) == ("failed", "training.no_examples")
    assert job.error["params"]["unlearnable"] == 3
