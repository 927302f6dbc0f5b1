"""Jobs whose updates are made otherwise: 8-bit state, weights in bf16 alone, state and gradients in RAM; ended, they go on exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.hardware import Precision
from engine.services.jobs import lifecycle
from engine.training.loop import inputs, trainer
from tests import tiny, training_jobs, workers
from tests.homes import new_home

pytestmark = pytest.mark.slow
TRAINING = {"epochs": 0.8, "batch_size": 4, "evaluations": 2}  # 8 steps, a checkpoint after 4
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "lora, 8 bits": ("lora", {"optimizer": "adamw_8bit"}),
    "full, all at once": ("full", {"optimizer": "adamw_8bit", "trained_format": "bf16", "offload": "gradients"}),
}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """One home for all jobs, with a tiny model and 40 rows."""
    context = new_home(tmp_path_factory.mktemp("updates") / "home")
    tiny.add_model(context)
    tiny.add_dataset(context, tiny.chat_rows(42), held_out=2)
    yield context
    context.db.close()


@pytest.fixture
def like_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor calculates in bf16, and refuses nothing, as a card would."""
    monkeypatch.setattr(inputs, "precision_for", lambda _device: Precision("bf16", "precision.gpu_bf16"))
    monkeypatch.setattr("engine.planner.refusals.unfit", lambda *_: {})


def queue(ctx: Context, name: str) -> int:
    method, training = CASES[name]
    return workers.queue(ctx, 1, 1, method=method, training=TRAINING | training)


def broken_off(ctx: Context, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A job whose worker failed in its sixth step."""
    step = trainer.StepTrainer.training_step

    def failing(self: Any, *args: Any) -> Any:
        if self.state.global_step == 5:
            raise RuntimeError("no more")
        return step(self, *args)

    job_id = queue(ctx, name)
    with monkeypatch.context() as patch:
        patch.setattr(trainer.StepTrainer, "training_step", failing)
        assert workers.run_here(ctx).status == "failed"
    return job_id


@pytest.mark.parametrize("name", CASES)
def test_ended_in_the_middle_it_goes_on_bit_for_bit(
    ctx: Context, name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "trained_format" in CASES[name][1]:
        request.getfixturevalue("like_a_card")
    queue(ctx, name)
    whole = workers.run_here(ctx)
    assert whole.status == "succeeded", whole.error
    losses = workers.series(ctx, whole.id, "train_loss")
    assert losses[max(losses)] < losses[min(losses)]
    broken = broken_off(ctx, name, monkeypatch)
    lifecycle.resume_job(ctx, broken)
    done = workers.run_here(ctx)
    assert (done.status, done.attempt) == ("succeeded", 2), done.error
    for series in ("train_loss", "grad_norm", "val_loss"):
        expected_series = workers.series(ctx, whole.id, series)
        # the weights are the same bit by bit; a sum in bf16 autocast on a processor may differ in its last bit
        assert workers.series(ctx, broken, series) == pytest.approx(expected_series, rel=2e-6)
    found, expected = training_jobs.tuned(ctx, broken), training_jobs.tuned(ctx, whole.id)
    assert found is not None
    assert expected is not None
    assert found.weights_hash == expected.weights_hash
    assert math.isfinite(training_jobs.loss_of_tuned(ctx, done, found))
