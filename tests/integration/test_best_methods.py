"""Every method's best weights are kept exactly: the model is what a job that had stopped there would have left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import SpecError
from engine.evaluation import sampling
from engine.models.tuned.versions import versions_of
from engine.training.forward.mean_loss import HeldOutMeans
from engine.training.limits.safe_files import hashes
from engine.training.loop.callback import TrainingCallback
from engine.training.loop.trainer import StepTrainer
from storage.job_tables import Job
from tests import methods, tiny, training_jobs, workers
from tests.homes import new_home
from tests.methods import Case
from tests.model_files import hash_of_folder

pytestmark = pytest.mark.slow

BEST, STEPS = 4, 8
TRAINING = {"epochs": 0.8, "batch_size": 4, "evaluations": 2, "keep_checkpoints": 1}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """One home for all jobs, with a tiny model and 40 rows."""
    context = new_home(tmp_path_factory.mktemp("best") / "home")
    tiny.add_model(context)
    tiny.add_dataset(context, tiny.chat_rows(42), held_out=2)
    yield context
    context.db.close()


@pytest.fixture(autouse=True)
def lowest_at_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The held-out loss is lowest at step BEST, whatever is learnt."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 2)

    def scripted(trainer: StepTrainer, _examples: Any, _between: Any) -> HeldOutMeans:
        return HeldOutMeans(1.0 + abs(trainer.state.global_step - BEST), 1.0)

    monkeypatch.setattr(StepTrainer, "mean_loss", scripted)


def run(ctx: Context, case: Case, **training: Any) -> Job:
    dropout = {"dropout": 0.1} if any(param.key == "dropout" for param in case.method.params) else {}
    workers.queue(
        ctx, 1, 1, method=case.method.key, training=case.training | TRAINING | training,
        method_params=dropout | case.values, sample_prompts=["kettle?"],
    )  # fmt: skip
    return workers.run_here(ctx)


@pytest.mark.parametrize("case", methods.cases(), ids=str)
def test_the_best_weights_are_those_of_a_job_that_stopped_there(
    ctx: Context, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        job = run(ctx, case)
    except SpecError as error:
        pytest.skip(str(error.faults))
    assert (job.status, job.error, job.step, job.result["model_step"]) == ("succeeded", None, STEPS, BEST)
    made = training_jobs.tuned(ctx, job.id)
    assert made is not None
    with monkeypatch.context() as patch:
        patch.setattr(TrainingCallback, "_obey", _stop_at_best)
        stopped = run(ctx, case, model_from="last")
    assert (stopped.status, stopped.step) == ("stopped", BEST)
    home = ctx.settings.home / "tuned"
    assert hashes(home / str(job.id)) == hashes(home / str(stopped.id)), "weights and settings"
    both = versions_of(made.metrics)
    assert made.weights_hash == both["best"]["weights_hash"] == hash_of_folder(home / str(job.id))
    assert made.weights_hash != both["last"]["weights_hash"] == hash_of_folder(home / f"{job.id}-last")


def _stop_at_best(callback: TrainingCallback) -> None:
    if callback.progress.step == BEST:
        callback.ended = "stop"
