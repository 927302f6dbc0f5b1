"""Every method's job, killed by the system between two checkpoints: after resume the loss goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from engine.core.context import Context
from engine.core.errors import SpecError
from engine.services.jobs import lifecycle
from storage.job_tables import Checkpoint, JobStatus
from storage.queries.jobs import end_attempt
from tests import forks, methods, tiny, training_jobs, workers
from tests.forks import Forked
from tests.homes import new_home
from tests.methods import Case

pytestmark = pytest.mark.slow

# 8 steps, looked at after 4 and 8
TRAINING = {"epochs": 0.8, "batch_size": 4, "evaluations": 2}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """One home for all jobs, with a tiny model and 40 rows."""
    context = new_home(tmp_path_factory.mktemp("resume") / "home")
    tiny.add_model(context)
    tiny.add_dataset(context, tiny.chat_rows(42), held_out=2)
    yield context
    context.db.close()


def start(ctx: Context) -> Forked:
    """The worker of the next job; its sample answers are short."""
    return forks.worker(ctx, *workers.claim(ctx), answer_tokens=6)


def run(ctx: Context) -> None:
    """A worker from its start to its end."""
    start(ctx).wait()


def queue(ctx: Context, case: Case) -> int:
    dropout = {"dropout": 0.1} if any(param.key == "dropout" for param in case.method.params) else {}
    return workers.queue(
        ctx, 1, 1, method=case.method.key, training=case.training | TRAINING, method_params=dropout | case.values,
        sample_prompts=["kettle?"],
    )  # fmt: skip


def checkpoints(ctx: Context, job_id: int) -> int:
    with ctx.db.read() as s:
        return s.scalar(select(func.count()).where(Checkpoint.job_id == job_id)) or 0


def kill(ctx: Context, process: Forked, job_id: int) -> None:
    """After the first checkpoint, whatever it is doing; then what the supervisor does when a worker is gone."""
    workers.wait_until(lambda: checkpoints(ctx, job_id) > 0 or process.poll() is not None, 60)
    process.kill()
    process.wait(10)
    job = workers.row(ctx, job_id)
    with ctx.db.write() as s:
        assert end_attempt(s, job_id, job.attempt, status=JobStatus.INTERRUPTED, error=None), (job.status, job.error)


@pytest.mark.parametrize("case", methods.cases(), ids=str)
def test_killed_and_resumed_the_loss_goes_on_exactly(ctx: Context, case: Case) -> None:
    """Dropout is on where there is any, so that random numbers must be restored too."""
    if not case.method.capabilities.resume:
        pytest.skip(case.method.capabilities.why_not["resume"].in_("en"))
    try:
        whole = queue(ctx, case)
    except SpecError as error:
        pytest.skip(str(error.faults))
    run(ctx)
    reference = workers.row(ctx, whole)
    assert reference.status == "succeeded", reference.error
    broken = queue(ctx, case)
    kill(ctx, start(ctx), broken)
    lifecycle.resume_job(ctx, broken)
    run(ctx)
    done = workers.row(ctx, broken)
    assert (done.status, done.step, done.attempt) == ("succeeded", 8, 2), done.error
    assert "resumed" in workers.event_codes(ctx, broken)
    for name in ("train_loss", "grad_norm", "learning_rate", "val_loss"):
        assert workers.series(ctx, broken, name) == workers.series(ctx, whole, name)
    found, expected = training_jobs.tuned(ctx, broken), training_jobs.tuned(ctx, whole)
    assert found is not None
    assert expected is not None
    assert found.weights_hash == expected.weights_hash
