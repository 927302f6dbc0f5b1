"""The check of a plan as a job: asked once, run by a worker, seen beside the estimate, cancelled, and refused honestly."""

from __future__ import annotations

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.runners import dry_run
from engine.services.jobs import lifecycle
from engine.services.planning import dry_runs
from tests import tiny, workers

Raw = dict[str, object]


@pytest.fixture
def raw(ctx: Context) -> Raw:
    """A spec as the Train page sends it."""
    model, data = tiny.add_model(ctx), tiny.add_dataset(ctx)
    return {"base_model": model, "dataset": data, "method": "lora", "budget": {"device": "cpu"}}


def test_a_check_is_asked_once_and_its_result_stands_beside_the_estimate(ctx: Context, raw: Raw) -> None:
    assert dry_runs.dry_run_of(ctx, raw) is None
    job_id = dry_runs.start_dry_run(ctx, raw)
    assert dry_runs.start_dry_run(ctx, raw | {"name": "Another name", "training": {"epochs": 9}}) == job_id
    assert lifecycle.list_jobs(ctx) == []
    job = workers.run_here(ctx)
    assert (job.id, job.status, job.error) == (job_id, "succeeded", None)
    found = dry_runs.dry_run_of(ctx, raw)
    assert found is not None
    assert found["total_mb"] == pytest.approx(sum(item["mb"] for item in found["items"]), abs=0.5)
    assert {"weights", "adapter", "optimizer", "activations"} <= {item["key"] for item in found["items"]}
    assert found["bill_mb"] > 0
    assert lifecycle.list_jobs(ctx) == []
    assert dry_runs.start_dry_run(ctx, raw) == job_id


def test_another_step_is_another_check(ctx: Context, raw: Raw) -> None:
    first = dry_runs.start_dry_run(ctx, raw)
    assert dry_runs.start_dry_run(ctx, raw | {"training": {"optimizer": "sgd"}}) != first
    assert dry_runs.dry_run_of(ctx, raw | {"training": {"max_length": 16}}) is None


def test_a_cancelled_check_can_be_asked_again(ctx: Context, raw: Raw) -> None:
    first = dry_runs.start_dry_run(ctx, raw)
    lifecycle.cancel_job(ctx, first)
    assert dry_runs.dry_run_of(ctx, raw)["status"] == "cancelled"  # type: ignore[index]
    again = dry_runs.start_dry_run(ctx, raw)
    assert again != first
    assert dry_runs.dry_run_of(ctx, raw)["job"] == again  # type: ignore[index]


def test_a_check_that_takes_too_long_says_so(ctx: Context, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "LIMIT_S", -1.0)
    dry_runs.start_dry_run(ctx, raw)
    job = workers.run_here(ctx)
    assert (job.status, job.error["code"] if job.error else None) == ("failed", "dry_run.too_long")


def test_what_has_no_step_to_count_is_refused(ctx: Context, raw: Raw) -> None:
    with pytest.raises(Fault) as caught:
        dry_runs.start_dry_run(ctx, raw | {"method": "few_shot"})
    assert caught.value.code == "dry_run.no_training"


def test_a_quantised_base_is_gone_through_too(ctx: Context, raw: Raw) -> None:
    asked = raw | {"training": {"quantisation": "nf4"}}
    dry_runs.start_dry_run(ctx, asked)
    assert workers.run_here(ctx).status == "succeeded"
    found, plain = dry_runs.dry_run_of(ctx, asked), dry_runs.dry_run_of(ctx, raw)
    assert found is not None
    assert plain is None
    keys = {item["key"] for item in found["items"]} & {item["key"] for item in found["bill_items"]}
    assert {"weights", "quantisation", "adapter"} <= keys
