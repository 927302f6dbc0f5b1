"""Jobs whose time is short, or who go on: the first step comes before what tells of the base, and nothing is done twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.core.context import Context
from engine.evaluation import answers, sampling
from engine.jobs.reporter import Reporter
from engine.services.jobs import lifecycle
from engine.training.loop import in_context
from engine.training.loop import inputs as inputs_of_jobs
from engine.training.loop.trainer import StepTrainer
from storage.job_tables import Job, Sample
from tests import tiny, workers
from tests.training_jobs import kept, tuned

pytestmark = pytest.mark.slow  # each trains for a few seconds

TRAINING = {"epochs": 40, "batch_size": 8, "evaluations": 2, "scored_answers": 12, "model_from": "last"}
LIMIT_S = 600.0


class Warp:
    """A monotonic clock that runs ahead where the test says that something took long: nobody waits for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead, self._plain = 0.0, time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: self._plain() + self.ahead)

    def takes(self, seconds: float) -> None:
        """Something took so long."""
        self.ahead += seconds


@pytest.fixture
def warp(monkeypatch: pytest.MonkeyPatch) -> Warp:
    """Each step takes 20 seconds."""
    clock, step = Warp(monkeypatch), StepTrainer.training_step

    def slow(self: StepTrainer, *arguments: Any) -> Any:
        clock.takes(20.0)
        return step(self, *arguments)

    monkeypatch.setattr(StepTrainer, "training_step", slow)
    return clock


@pytest.fixture
def inputs(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    monkeypatch.setattr(sampling, "NEW_TOKENS", 2)
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(40), held_out=16)


def told(ctx: Context, job: Job, code: str) -> list[dict[str, Any]]:
    return workers.events_of(ctx, job.id, code)


def slow_answers(warp: Warp, seconds: int, asked: list[int]) -> Callable[..., list[str]]:
    """Answers to scored questions that take so long each."""

    def answer(_model: Any, prompts: Any, *_more: Any, heed: Callable[[], None], **_kwargs: Any) -> list[str]:
        for _token in range(seconds * len(prompts)):
            warp.takes(1.0)
            heed()
        asked.append(len(prompts))
        return ["The kettle is copper."] * len(prompts)

    return answer


def run(ctx: Context, inputs: tuple[int, int], **training: Any) -> Job:
    workers.queue(ctx, *inputs, training=TRAINING | training, budget={"device": "cpu", "minutes": LIMIT_S / 60})
    return go_on(ctx)


def go_on(ctx: Context) -> Job:
    """Run the job that waits; it ends within its limit."""
    began = time.monotonic()
    job = workers.run_here(ctx)
    assert time.monotonic() - began < LIMIT_S
    return job


def test_answers_that_would_take_all_the_time_leave_it_to_the_steps(
    ctx: Context, inputs: tuple[int, int], warp: Warp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(answers, "answer", slow_answers(warp, 100, asked))  # 20 minutes of questions, twice
    job = run(ctx, inputs)
    assert (job.status, job.result["ended"]) == ("stopped", "time")
    assert job.step > 15
    assert kept(ctx, job.id)[-1].step == job.step
    assert told(ctx, job, "base_answers_left_out") == [{"total": 12, "step": 0}]
    assert asked == []
    assert "answers" not in job.result


def test_answers_that_there_is_half_time_for_are_scored_on_questions_that_are_spread(
    ctx: Context, inputs: tuple[int, int], warp: Warp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(answers, "answer", slow_answers(warp, 10, asked))
    job = run(ctx, inputs)
    first, *_after = told(ctx, job, "answers_in_time")
    assert (job.status, first["step"], first["total"]) == ("stopped", 0, 12)
    assert 0 < first["used"] < 12
    assert 0 < job.result["answers"]["count"] <= first["used"] == sum(asked[: -(-first["used"] // 4)])
    assert job.result["answers"]["base_chrf"] is not None


def test_who_goes_on_repeats_nothing(
    ctx: Context, inputs: tuple[int, int], warp: Warp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after the base has answered everything, then by its time, then run to its end."""
    asked, read, sampled, scored = [], [], [], []
    monkeypatch.setattr(answers, "answer", slow_answers(warp, 1, asked))
    load, sample, mean = inputs_of_jobs.load_examples, sampling.answer, StepTrainer.mean_loss

    def load_examples(*arguments: Any) -> Any:
        read.append(1)
        return load(*arguments)

    def stop_then(*arguments: Any, **more: Any) -> list[str]:
        sampled.append(1)
        if len(sampled) == 1:
            with ctx.db.read() as s:
                newest = s.query(Job).one()
            lifecycle.stop_job(ctx, newest.id)
        return sample(*arguments, **more)

    def mean_loss(self: StepTrainer, *arguments: Any) -> float:
        scored.append(self.state.global_step)
        return mean(self, *arguments)

    monkeypatch.setattr(inputs_of_jobs, "load_examples", load_examples)
    monkeypatch.setattr(sampling, "answer", stop_then)
    monkeypatch.setattr(StepTrainer, "mean_loss", mean_loss)
    job = run(ctx, inputs, epochs=20)
    assert (job.status, job.step, kept(ctx, job.id)) == ("stopped", 0, [])
    base = len(scored)
    while job.status == "stopped" and job.attempt < 6:
        lifecycle.resume_job(ctx, job.id)
        job = go_on(ctx)
        assert job.step > 0
    assert (job.status, job.attempt > 1) == ("succeeded", True)
    assert (len(read), scored[base:].count(0)) == (1, 0)
    assert told(ctx, job, "prepared_already")
    assert not told(ctx, job, "started_over")
    assert workers.series(ctx, job.id, "val_loss").keys() >= {0, job.step}
    assert job.result["base_val_loss"] == pytest.approx(workers.series(ctx, job.id, "val_loss")[0])
    with ctx.db.read() as s:
        assert s.query(Sample).filter(Sample.job_id == job.id, Sample.step == 0).count() == sampling.PROMPTS
    assert sum(asked) == 12 + 12 * job.attempt - 12  # the base once; what was learned at each end but the stop
    assert not (ctx.settings.home / "jobs" / str(job.id) / "examples").exists()


@pytest.mark.parametrize(("seconds", "scored", "code"), [(30, 4, "answers_in_time"), (100, 0, "answers_left_out")])
def test_examples_without_training_are_measured_as_far_as_there_is_time(
    ctx: Context,
    inputs: tuple[int, int],
    warp: Warp,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    scored: int,
    code: str,
) -> None:
    monkeypatch.setattr(answers, "answer", slow_answers(warp, seconds, []))
    budget = {"device": "cpu", "minutes": LIMIT_S / 60}
    workers.queue(ctx, *inputs, method="few_shot", training={"scored_answers": 12}, budget=budget)
    job = go_on(ctx)
    assert (job.status, job.result.get("answers", {"count": 0})["count"]) == ("succeeded", scored)
    assert job.result["val_loss"] is not None
    assert told(ctx, job, code)[0]["total"] == 12
    assert tuned(ctx, job.id) is not None


def test_a_limit_that_ends_the_measuring_keeps_the_examples(
    ctx: Context, inputs: tuple[int, int], warp: Warp, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = in_context.mean_loss

    def slow(*arguments: Any) -> float:
        warp.takes(400.0)
        return loss(*arguments)

    monkeypatch.setattr(in_context, "mean_loss", slow)
    workers.queue(ctx, *inputs, method="few_shot", budget={"device": "cpu", "minutes": LIMIT_S / 60})
    job = workers.run_here(ctx)
    assert (job.status, job.result["ended"], len(told(ctx, job, "time_in_context"))) == ("stopped", "time", 1)
    assert tuned(ctx, job.id) is not None


def test_the_end_is_told_while_it_lasts(ctx: Context, inputs: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing the result takes as long as all before: the row says so, with seconds left and a share below 1."""
    from engine.training.loop import result

    heard: list[tuple[float, float]] = []
    save = result.save_result

    def slow(*arguments: Any) -> None:
        for _ in range(3):
            time.sleep(0.6)  # the reporter writes twice a second
            row = workers.row(ctx, job_id)
            assert row.phase == "saving"
            heard.append((row.share or 0.0, row.seconds_left or 0.0))
        save(*arguments)

    monkeypatch.setattr(result, "save_result", slow)
    job_id = workers.queue(ctx, *inputs, training=TRAINING | {"epochs": 1, "scored_answers": 0, "evaluations": 1})
    job = workers.run_here(ctx)
    assert job.status == "succeeded"
    assert all(0.3 < share < 1 and left > 0 for share, left in heard)
    assert heard[0][0] <= heard[-1][0]


def test_a_workers_clock_begins_when_its_job_was_claimed(ctx: Context, inputs: tuple[int, int]) -> None:
    workers.queue(ctx, *inputs)
    reporter = Reporter(ctx, *workers.claim(ctx))
    before = workers.row(ctx, reporter.job_id).started_at
    time.sleep(0.3)
    reporter.start()
    assert time.monotonic() - reporter.began >= 0.3
    assert workers.row(ctx, reporter.job_id).started_at == before
    reporter.finish("cancelled")
    reporter.close()
