"""The probe: a few real steps in a worker, their numbers kept for plans, and nothing else left."""

from __future__ import annotations

from typing import Any

import pytest

from engine.context import Context
from engine.errors import Fault, SpecError
from engine.services import jobs, planning, probing
from storage.job_tables import Checkpoint, Job, Metric, Sample
from storage.planning_tables import SpeedCorrection
from storage.tables import TunedModel
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
        rows = [kind.__name__ for kind in (Checkpoint, Metric, Sample) if s.query(kind).filter_by(job_id=job_id).count()]
        rows += ["TunedModel"] if s.query(TunedModel).count() else []
    folders = [ctx.settings.home / "jobs" / str(job_id), ctx.settings.home / "tuned"]
    return rows + [str(folder) for folder in folders if folder.exists() and any(folder.iterdir())]


def _kept(ctx: Context) -> list[SpeedCorrection]:
    with ctx.db.read() as s:
        return list(s.query(SpeedCorrection).all())


def test_a_probe_measures_three_steps_and_corrects_the_plan(ctx: Context, raw: dict[str, Any]) -> None:
    before = planning.plan(ctx, raw)
    assert (before["time"]["source"], probing.probe_of(ctx, raw)) == ("model", None)
    job_id = probing.start_probe(ctx, raw)
    assert probing.start_probe(ctx, raw) == job_id
    job = workers.run_worker(ctx)
    found = probing.probe_of(ctx, raw)
    assert found is not None
    assert (found["job"], found["status"], found["code"], job.result["steps"]) == (job_id, "succeeded", "whole", 3)
    assert found["tokens_per_s"] > 0
    assert found["measured_mb"] > 100
    assert job.result["spent_s"] <= 60
    assert set(job.result["speeds"]) == {"start", "training", "checks", "answers"}
    assert _left(ctx, job_id) == []
    after = planning.plan(ctx, raw)
    assert (after["time"]["source"], after["time"]["measured_at"]) == ("probe", pytest.approx(found["measured_at"], abs=5))
    assert after["time"]["high"] - after["time"]["low"] < before["time"]["high"] - before["time"]["low"]
    assert planning.plan(ctx, raw | {"method_params": {"rank": 16}})["time"]["source"] == "probe"
    assert planning.plan(ctx, raw | {"method": "bitfit"})["time"]["source"] == "model"
