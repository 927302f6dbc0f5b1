"""Training jobs on the real database with a tiny model: what a run learns and writes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.core.context import Context
from engine.core.errors import SpecError
from engine.evaluation import sampling
from storage.job_tables import Metric, Sample
from tests import tiny, workers
from tests.model_files import hash_of_folder
from tests.training_jobs import folders, kept, loss_of_tuned, train, tuned

pytestmark = pytest.mark.slow  # workers of their own, as processes


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers take most of a tiny run."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=2))


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
    assert made.weights_hash == hash_of_folder(ctx.settings.absolute(made.path))
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


def test_nothing_to_learn_from_is_said_before_loading(ctx: Context) -> None:
    rows = [{"messages": [{"role": "user", "content": "a"}]}] * 3
    job = train(ctx, (tiny.add_model(ctx), tiny.add_dataset(ctx, rows, held_out=0)))
    assert (job.status, job.error["code"]) == ("failed", "training.no_examples")
    assert job.error["params"]["unlearnable"] == 3


def test_continued_pretraining_reads_texts_in_blocks(ctx: Context) -> None:
    rows = [{"text": f"The kettle number {i} is copper. " * (1 + i % 5)} for i in range(40)]
    texts = tiny.add_model(ctx), tiny.add_dataset(ctx, rows)
    settings = {"max_length": 64, "batch_size": 2, "epochs": 3, "learning_rate": 0.03, "evaluations": 2}
    workers.queue(ctx, *texts, objective="pretraining", training=settings)
    job = workers.run_forked(ctx)
    assert (job.status, job.error) == ("succeeded", None)
    assert job.spec["objective"] == "pretraining"
    losses = workers.series(ctx, job.id, "train_loss")
    assert losses[max(losses)] < losses[1] - 0.3
    assert set(workers.series(ctx, job.id, "perplexity")) == set(workers.series(ctx, job.id, "val_loss"))
    made = tuned(ctx, job.id)
    assert made is not None
    assert loss_of_tuned(ctx, job, made) == pytest.approx(job.result["val_loss"], abs=1e-5)


def test_continued_pretraining_refuses_conversations(ctx: Context, inputs: tuple[int, int]) -> None:
    with pytest.raises(SpecError) as caught:
        workers.queue(ctx, *inputs, objective="pretraining")
    assert caught.value.faults["dataset"]["code"] == "job.dataset_unfit"
