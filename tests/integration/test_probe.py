"""The probe: a few real steps in a worker, their numbers kept for plans, and nothing else left."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.data.rows.training_rows import training_sample
from engine.data.templates.lengths import MOST_ROWS, measure
from engine.data.templates.template import ChatTemplate
from engine.jobs.reporter import Reporter
from engine.jobs.worker import work
from engine.services.jobs import lifecycle
from engine.services.planning import estimates, speed_probe
from engine.services.planning.measured import MEMORY
from engine.training.batches.batches import EpochOrder
from engine.training.batches.examples import make_example
from engine.training.calibration.probe_clock import ProbeClock
from engine.training.calibration.probe_rows import STEPS, ProbeRows, arranged
from storage.job_tables import Checkpoint, Metric, Sample
from storage.planning_tables import SpeedCorrection
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import tiny, workers


@pytest.fixture
def raw(ctx: Context) -> dict[str, Any]:
    """A spec on the tiny model whose longest row is much longer than the others."""
    rows = tiny.chat_rows(40)
    long_row = {"messages": [{"role": "user", "content": "Tell me"}, {"role": "assistant", "content": "kettle " * 60}]}
    rows.insert(7, long_row)
    return {
        "name": "Lesson",
        "base_model": tiny.add_model(ctx),
        "dataset": tiny.add_dataset(ctx, rows),
        "method": "lora",
        "training": {"batch_size": 4, "evaluations": 1},
        "budget": {"device": "cpu"},
    }


def _left(ctx: Context, job_id: int) -> list[str]:
    with ctx.db.read() as s:
        rows = [
            kind.__name__ for kind in (Checkpoint, Metric, Sample) if s.query(kind).filter_by(job_id=job_id).count()
        ]
        rows += ["TunedModel"] if s.query(TunedModel).count() else []
    folders = [ctx.settings.home / "jobs" / str(job_id), ctx.settings.home / "tuned"]
    return rows + [str(folder) for folder in folders if folder.exists() and any(folder.iterdir())]


def _kept(ctx: Context) -> list[SpeedCorrection]:
    with ctx.db.read() as s:
        return list(s.query(SpeedCorrection).all())


@pytest.mark.slow
def test_a_probe_measures_three_steps_and_corrects_the_plan(ctx: Context, raw: dict[str, Any]) -> None:
    before = estimates.plan(ctx, raw)
    assert (before["time"]["source"], speed_probe.probe_of(ctx, raw)) == ("model", None)
    job_id = speed_probe.start_probe(ctx, raw)
    assert speed_probe.start_probe(ctx, raw) == job_id
    job = workers.run_worker(ctx)
    found = speed_probe.probe_of(ctx, raw)
    assert found is not None
    assert (found["job"], found["status"], found["code"], job.result["steps"]) == (job_id, "succeeded", "whole", 3)
    assert found["tokens_per_s"] > 0
    assert found["measured_mb"] > 100
    assert job.result["spent_s"] <= 60
    assert set(job.result["speeds"]) >= {"start", "training"}  # on a busy machine there is no time for more
    assert _left(ctx, job_id) == []
    after = estimates.plan(ctx, raw)
    assert (after["time"]["source"], after["time"]["measured_at"]) == (
        "probe",
        pytest.approx(found["measured_at"], abs=5),
    )
    memory = _kept(ctx)[0].speeds[MEMORY]
    assert memory["measured_mb"] == pytest.approx(found["measured_mb"], abs=1)
    assert memory["settings"]["tokens"] >= 60  # the longest row was seen
    assert memory["settings"]["method"] == "lora"
    total = after["memory"]["total_mb"]
    assert total >= min(memory["measured_mb"], before["memory"]["total_mb"])
    assert after["time"]["high"] - after["time"]["low"] < before["time"]["high"] - before["time"]["low"]
    assert estimates.plan(ctx, raw | {"method_params": {"rank": 16}})["time"]["source"] == "probe"
    other = estimates.plan(ctx, raw | {"method": "bitfit"})["time"]
    assert (other["source"], other["measured_at"]) == ("model", None)


def test_all_parts_of_a_job_are_measured(ctx: Context, raw: dict[str, Any]) -> None:
    job_id = speed_probe.start_probe(ctx, raw | {"method": "prompt_tuning"})
    job = workers.run_here(ctx)
    (kept,) = _kept(ctx)
    assert set(kept.speeds) - {MEMORY} == set(job.result["speeds"]) == {"start", "training", "checks", "answers"}
    assert (kept.source, kept.job_id, kept.method) == ("probe", job_id, "prompt_tuning")
    assert _left(ctx, job_id) == []


def test_its_own_deadline_ends_it_and_it_says_that_nothing_was_measured(ctx: Context, raw: dict[str, Any]) -> None:
    job_id = speed_probe.start_probe(ctx, raw, seconds=3)  # torch alone takes longer to load
    job = workers.run_worker(ctx)
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.finished_at - job.started_at <= 3
    found = speed_probe.probe_of(ctx, raw)
    assert found is not None
    assert (found["status"], found["error"]["code"], found["tokens_per_s"]) == ("failed", "probe.nothing", None)
    assert (_left(ctx, job_id), _kept(ctx)) == ([], [])


def test_the_memory_limit_holds_and_is_named(ctx: Context, raw: dict[str, Any]) -> None:
    raw["budget"]["memory_mb"] = 100
    job_id = speed_probe.start_probe(ctx, raw)
    job = workers.run_here(ctx)
    assert job.status == "failed"
    assert job.error is not None
    assert (job.error["code"], job.error["params"]["limit_mb"]) == ("probe.over_memory", 100)
    assert (_left(ctx, job_id), _kept(ctx)) == ([], [])


def test_a_probe_that_nobody_wants_any_more_leaves_nothing(ctx: Context, raw: dict[str, Any]) -> None:
    job_id = speed_probe.start_probe(ctx, raw)
    reporter = Reporter(ctx, *workers.claim(ctx))
    reporter.start()
    lifecycle.cancel_job(ctx, job_id)
    reporter.flush()
    work(ctx, reporter)
    reporter.close()
    assert workers.row(ctx, job_id).status == "cancelled"
    assert (_left(ctx, job_id), _kept(ctx)) == ([], [])


def test_a_step_that_does_not_end_in_time_tells_by_its_groups(
    ctx: Context, raw: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw["training"] |= {"batch_size": 36, "max_length": 64}
    raw["budget"]["goal"] = "smallest"  # small groups
    calls: list[float] = []

    def slow(clock: ProbeClock) -> None:
        calls.append(time.monotonic())
        if len(calls) > 3:
            clock.deadline = 0.0
        look(clock)

    look = ProbeClock.look
    monkeypatch.setattr(ProbeClock, "look", slow)
    speed_probe.start_probe(ctx, raw)
    job = workers.run_here(ctx)
    assert (job.status, job.result["code"], job.result["steps"]) == ("succeeded", "part", 0)
    assert job.result["tokens_per_s"] > 0
    assert estimates.plan(ctx, raw)["time"]["source"] == "probe"


def test_what_cannot_be_measured_is_refused_at_once(ctx: Context, raw: dict[str, Any]) -> None:
    with pytest.raises(Fault) as nothing_trained:
        speed_probe.start_probe(ctx, raw | {"method": "few_shot"})
    assert nothing_trained.value.code == "probe.no_steps"
    with pytest.raises(Fault) as elsewhere:
        speed_probe.start_probe(ctx, raw | {"budget": {"device": "h100"}})
    assert elsewhere.value.code == "device.planned_only"
    with pytest.raises(SpecError):
        speed_probe.start_probe(ctx, raw | {"training": {"epochs": -1}})


def test_finished_jobs_of_this_machine_correct_the_plan_as_well(ctx: Context, raw: dict[str, Any]) -> None:
    lifecycle.start_job(ctx, raw, key="")
    job = workers.run_here(ctx)
    (kept,) = _kept(ctx)
    assert (kept.source, kept.job_id, kept.method) == ("past", job.id, "lora")
    assert kept.tokens_per_s == pytest.approx(job.result["tokens_per_s"], rel=0.05)
    plan = estimates.plan(ctx, raw)
    assert plan["time"]["source"] == "past"
    assert plan["time"]["tokens_per_s"] == pytest.approx(kept.tokens_per_s, rel=0.05)
    with ctx.db.write() as s:
        s.query(SpeedCorrection).update({"machine": "another"})
    assert estimates.plan(ctx, raw)["time"]["source"] == "model"


def test_a_finished_job_tells_the_memory_that_it_took(ctx: Context, raw: dict[str, Any]) -> None:
    """In a process of its own: this one may hold more than twice what the job was planned to."""
    lifecycle.start_job(ctx, raw, key="")
    workers.run_forked(ctx)
    (kept,) = _kept(ctx)
    assert kept.speeds[MEMORY]["settings"]["tokens"] >= 60


# ------------------------------------------------------------------ which rows


def test_few_rows_of_a_large_data_set_are_read_and_the_longest_is_among_them(ctx: Context, tmp_path: Any) -> None:
    rows = tiny.chat_rows(9000)
    rows[4320] = {"messages": [{"role": "user", "content": "Tell me"}, {"role": "assistant", "content": "tower " * 90}]}
    dataset = tiny.add_dataset(ctx, rows, held_out=60)
    model = tiny.add_model(ctx)
    with ctx.db.read() as s:
        path = ctx.settings.absolute(str(s.get(Dataset, dataset).rows_path))
        tokenizer = ctx.settings.absolute(str(s.get(LanguageModel, model).tokenizer_path))
    template = ChatTemplate.load(tokenizer)
    sample, total = training_sample(path, MOST_ROWS)
    table = measure(sample, total, template, {"train_on": "assistant"})
    chosen = list(ProbeRows(table, total, 512, over_length="truncate", batch_size=8).read(path))
    train = [make_example(template.encode(row)) for row in chosen if row["split"] == "train"]
    assert len(train) <= 3 * 8 + 1
    assert len(chosen) - len(train) == 4
    assert max(map(len, train)) == max(length for length, _ in table.train)
    steps = arranged(train, 8, seed=42)
    second = list(EpochOrder(STEPS * 8, 8, 42))[1]
    assert max(steps, key=len) in [steps[place] for place in second]
