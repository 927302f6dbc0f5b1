"""Which weights become the model: those of the best check, kept through crashes, with the last ones beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.evaluation import sampling
from engine.models.tuned.versions import versions_of
from engine.services.jobs import lifecycle
from engine.services.models import tuned as tuned_models
from engine.services.models import weights
from engine.training.loop import checkpoints as checkpoints_module
from engine.training.loop.result import ResultFolders
from storage.job_tables import Job, JobStatus
from storage.queries import reporting
from storage.tables import TunedModel
from tests import tiny, workers
from tests.homes import new_home
from tests.training_jobs import folders, kept, loss_of_tuned, train, tuned

pytestmark = pytest.mark.slow

# of 24 steps, looked at every 4: the held-out loss falls, then it rises
TRAINING = {
    "epochs": 12, "batch_size": 8, "evaluations": 6, "learning_rate": 0.03, "schedule": "constant", "keep_checkpoints": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers take most of a tiny run."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return add_inputs(ctx)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of both sets of weights of a job that nothing happens to."""
    ctx = new_home(tmp_path_factory.mktemp("whole") / "home")
    found = _hashes(made_by(ctx, overfit(ctx, add_inputs(ctx))))
    ctx.db.close()
    return found


def _hashes(made: TunedModel) -> dict[str, str]:
    return {which: one["weights_hash"] for which, one in versions_of(made.metrics).items()}


def add_inputs(ctx: Context) -> tuple[int, int]:
    """The tiny model, and held-out rows that are written in another manner than those to learn from."""
    held_out = [
        {"messages": [{**one, "content": one["content"].replace(" is ", " was ")} for one in row["messages"]]}
        for row in tiny.chat_rows(4, seed=5)
    ]
    return tiny.add_model(ctx), tiny.add_dataset(ctx, [*tiny.chat_rows(16), *held_out])


def overfit(ctx: Context, inputs: tuple[int, int], **training: Any) -> Job:
    return train(ctx, inputs, method="full", training=TRAINING | training)


def made_by(ctx: Context, job: Job) -> TunedModel:
    made = tuned(ctx, job.id)
    assert made is not None
    return made


def in_folder(ctx: Context, job: Job, made: TunedModel, path: str) -> float:
    """The validation loss of one of the two sets of weights."""
    made.path = path
    return loss_of_tuned(ctx, job, made)


def test_the_best_check_becomes_the_model_and_the_last_step_stays(ctx: Context, inputs: tuple[int, int]) -> None:
    job = overfit(ctx, inputs, scored_answers=2)
    scores = workers.series(ctx, job.id, "val_loss")
    best = min((step for step in scores if step), key=lambda step: scores[step])
    assert 0 < best < 24, "the run does what its name says"
    assert (job.status, job.step, job.result["model_step"], job.result["steps"]) == ("succeeded", 24, best, 24)
    assert job.val_loss == job.result["val_loss"] == pytest.approx(scores[best])
    assert job.result["answers"]["count"] == 2
    made = made_by(ctx, job)
    both = versions_of(made.metrics)
    assert in_folder(ctx, job, made, both["best"]["path"]) == pytest.approx(scores[best], abs=1e-5)
    assert in_folder(ctx, job, made, both["last"]["path"]) == pytest.approx(scores[24], abs=1e-5)
    assert "answers" not in both["last"]["metrics"], "nobody asked those weights"
    assert [(one.step, one.metrics.get("weights_only", False)) for one in kept(ctx, job.id)] == [
        (best, True),
        (24, False),
    ]
    light = next(path for path in (ctx.settings.home / "jobs" / str(job.id) / "checkpoints").glob(f"step-{best}-*"))
    assert {file.name for file in light.iterdir()} == {"trained.safetensors"}
    said = lifecycle.job_view(ctx, job.id)["headline"]["text"]["en"]
    assert f"The best was step {best}: afterwards the validation loss rose from" in said
    assert f"The model is step {best}; the last one is kept." in said


@pytest.mark.parametrize("change", [{"model_from": "last"}, {"evaluations": 1}, {"evaluations": 0}])
def test_the_last_step_is_the_model_where_that_was_chosen_or_nothing_else_is_known(
    ctx: Context, inputs: tuple[int, int], change: dict[str, Any]
) -> None:
    job = overfit(ctx, inputs, **change)
    assert job.result["model_step"] == 24
    assert weights.weights_of(made_by(ctx, job)) == []
    assert loss_of_tuned(ctx, job, made_by(ctx, job)) == pytest.approx(job.result["val_loss"], abs=1e-5)
    assert {path.name for path in (ctx.settings.home / "tuned").iterdir()} == {str(job.id)}
    assert folders(ctx, job.id) <= {"step-24-1"}


def test_without_held_out_rows_it_is_the_last_step(ctx: Context) -> None:
    job = overfit(ctx, (tiny.add_model(ctx), tiny.add_dataset(ctx, held_out=0)))
    assert (job.result["model_step"], job.result["val_loss"]) == (job.step, None)
    assert weights.weights_of(made_by(ctx, job)) == []


# ---------------------------------------------------------------- crashes


def _dies(patch: pytest.MonkeyPatch, owner: Any, name: str, step: int, *, after: bool) -> None:
    """The worker crashes in this function, at the first save of that step or later."""
    real: Callable[..., Any] = getattr(owner, name)

    def crash(*given: Any, **more: Any) -> Any:
        found = [one["step"] if isinstance(one, dict) and "step" in one else getattr(one, "step", 0) for one in given]
        due = max(found) >= step
        if due and not after:
            raise RuntimeError("crashed")
        done = real(*given, **more)
        if due:
            raise RuntimeError("crashed")
        return done

    patch.setattr(owner, name, crash)


@pytest.mark.parametrize(
    ("owner", "name", "step", "after"),
    [
        (checkpoints_module.CheckpointStore, "save", 4, False),  # the check improved, nothing is written yet
        (reporting, "add_checkpoint", 4, True),  # written, and not registered
        (checkpoints_module, "_strip", 0, False),  # only its weights are registered, and all files are there
        (checkpoints_module.CheckpointStore, "save", 12, True),  # only its weights are left
        (ResultFolders, "set_aside", 24, True),  # the last weights are written, the best not yet loaded
        (ResultFolders, "keep", 24, False),  # the best are loaded
    ],
    ids=str,
)
def test_a_crash_loses_no_best_weights(
    ctx: Context,
    inputs: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    whole: dict[str, str],
    owner: Any,
    name: str,
    step: int,
    after: bool,
) -> None:
    with monkeypatch.context() as patch:
        _dies(patch, owner, name, step, after=after)
        broken = overfit(ctx, inputs)
    assert broken.status == "failed"
    lifecycle.resume_job(ctx, broken.id)
    done = workers.run_here(ctx)
    assert (done.status, done.attempt) == ("succeeded", 2), done.error
    made = made_by(ctx, done)
    assert _hashes(made) == whole
    assert (made.weights_hash, done.result["model_step"]) == (whole["best"], 4)
    assert {path.name for path in (ctx.settings.home / "tuned").iterdir()} == {"1", "1-last"}


def test_best_weights_that_were_damaged_leave_the_last_ones(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _dies(patch, checkpoints_module.CheckpointStore, "save", 12, after=True)
        job = overfit(ctx, inputs)
    best = next(path for path in (ctx.settings.home / "jobs" / str(job.id) / "checkpoints").glob("step-4-*"))
    data = bytearray((best / "trained.safetensors").read_bytes())
    data[-1] ^= 1
    (best / "trained.safetensors").write_bytes(data)
    lifecycle.resume_job(ctx, job.id)
    done = workers.run_here(ctx)
    assert (done.status, done.result["model_step"]) == ("succeeded", 24)
    assert "best_lost" in workers.event_codes(ctx, job.id)
    assert loss_of_tuned(ctx, done, made_by(ctx, done)) == pytest.approx(done.result["val_loss"], abs=1e-5)


def test_a_stopped_job_goes_on_and_its_best_is_still_known(
    ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training.loop.callback import TrainingCallback

    def stop_at_ten(callback: TrainingCallback) -> None:
        callback.ended = "stop" if callback.progress.step == 10 else None

    with monkeypatch.context() as patch:
        patch.setattr(TrainingCallback, "_obey", stop_at_ten)
        stopped = overfit(ctx, inputs)
    assert (stopped.status, stopped.step, stopped.result["model_step"]) == ("stopped", 10, 4)
    assert lifecycle.job_view(ctx, stopped.id)["checkpoint_step"] == 10
    first = made_by(ctx, stopped)
    weights.use_weights(ctx, first.id, "last")
    lifecycle.resume_job(ctx, stopped.id)
    with pytest.raises(Fault, match=r"tuned\.training"):
        weights.use_weights(ctx, first.id, "best")
    done = workers.run_here(ctx)
    again = made_by(ctx, done)
    assert (done.result["model_step"], again.id) == (4, first.id)
    assert versions_of(again.metrics)["best"]["weights_hash"] == versions_of(first.metrics)["best"]["weights_hash"]
    assert versions_of(again.metrics)["last"]["weights_hash"] != versions_of(first.metrics)["last"]["weights_hash"]


# ---------------------------------------------------------------- the choice afterwards


def test_the_last_step_can_be_used_instead_and_the_best_again(ctx: Context, inputs: tuple[int, int]) -> None:
    job = overfit(ctx, inputs, scored_answers=2)
    made, scores = made_by(ctx, job), workers.series(ctx, job.id, "val_loss")
    form = next(iter(tuned_models.tuned_view(ctx, made.id)["export_jobs"]))
    export = tuned_models.start_export(ctx, made.id, form)
    with pytest.raises(Fault, match=r"tuned\.exporting"):
        weights.use_weights(ctx, made.id, "last")
    assert workers.run_here(ctx).status == "succeeded"
    weights.use_weights(ctx, made.id, "last")
    view, row = tuned_models.tuned_view(ctx, made.id), workers.row(ctx, job.id)
    assert [(one["which"], one["step"], one["in_use"]) for one in view["weights"]] == [
        ("best", 4, False),
        ("last", 24, True),
    ]
    assert view["val_loss"] == row.val_loss == row.result["val_loss"] == pytest.approx(scores[24])
    assert view["weights_hash"] != made.weights_hash
    assert "answers" not in row.result
    assert loss_of_tuned(ctx, job, made_by(ctx, job)) == pytest.approx(scores[24], abs=1e-5)
    assert "as you chose; the best one is kept" in lifecycle.job_view(ctx, job.id)["headline"]["text"]["en"]
    assert view["export_jobs"][form] is None, "that one was made of the other weights"
    assert tuned_models.start_export(ctx, made.id, form) != export
    workers.run_here(ctx)
    weights.use_weights(ctx, made.id, "best")
    assert (workers.row(ctx, job.id).result, made_by(ctx, job).metrics) == (job.result, made.metrics)
    assert tuned_models.tuned_view(ctx, made.id)["export_jobs"][form] == export
    with pytest.raises(NotFound):
        weights.use_weights(ctx, made.id, "first")
    tuned_models.delete_tuned(ctx, made.id)
    assert list((ctx.settings.home / "tuned").iterdir()) == []


def test_weights_that_are_gone_are_not_chosen(ctx: Context, inputs: tuple[int, int]) -> None:
    job = overfit(ctx, inputs)
    (ctx.settings.home / "tuned" / f"{job.id}-last").rename(ctx.settings.home / "elsewhere")
    with pytest.raises(Fault, match=r"tuned\.weights_gone"):
        weights.use_weights(ctx, made_by(ctx, job).id, "last")
    assert workers.row(ctx, job.id).status == JobStatus.SUCCEEDED
