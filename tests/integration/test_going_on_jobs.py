"""Jobs that go on with a tuned model: they begin where it ended, say so, and leave one adapter on the base."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import yaml

from engine.core.context import Context
from engine.core.errors import SpecError
from engine.evaluation import sampling
from engine.models.tuned.results import kind_of
from engine.services.jobs import lifecycle, spec_files
from engine.services.models import tuned as tuned_service
from engine.services.planning import estimates
from storage.job_tables import Job
from storage.tables import TunedModel
from tests import tiny, workers
from tests.training_jobs import loss_of_tuned, train, tuned

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers take most of a tiny run."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(40), held_out=8)


def first(ctx: Context, inputs: tuple[int, int], **raw: Any) -> tuple[Job, TunedModel]:
    """A job of four steps from the base, and what it made."""
    job = train(ctx, inputs, training={"epochs": 1, "scored_answers": 2}, **raw)
    made = tuned(ctx, job.id)
    assert made is not None, job.error
    return job, made


@pytest.mark.parametrize("method", ["lora", "full"])
def test_it_goes_on_where_the_start_ended(ctx: Context, inputs: tuple[int, int], method: str) -> None:
    job, start = first(ctx, inputs, method=method)
    params = {"method_params": {}} if method != "lora" else {"method_params": {"dropout": 0.0}}
    second = train(
        ctx, inputs, training={"epochs": 1, "scored_answers": 2}, method=method, starts_from=start.id, **params
    )
    made = tuned(ctx, second.id)
    assert made is not None, second.error
    assert workers.series(ctx, second.id, "val_loss")[0] == pytest.approx(loss_of_tuned(ctx, job, start), abs=1e-5)
    assert second.result["base_val_loss"] == pytest.approx(start.metrics["val_loss"], abs=1e-5)
    assert second.result["val_loss"] < second.result["base_val_loss"] < job.result["base_val_loss"]
    assert loss_of_tuned(ctx, second, made) == pytest.approx(second.result["val_loss"], abs=1e-5)
    assert made.lineage["starts_from"] == {
        "id": start.id, "name": start.name, "job_id": job.id, "weights_hash": start.weights_hash,
    }  # fmt: skip
    assert kind_of(ctx.settings.absolute(made.path)) == kind_of(ctx.settings.absolute(start.path))
    assert lifecycle.job_view(ctx, second.id)["starts_from"] == start.name
    assert "goes_on" in workers.event_codes(ctx, second.id)
    assert second.spec["start_hash"] == start.weights_hash
    assert tuned_service.tuned_view(ctx, made.id)["lineage"]["starts_from"]["name"] == start.name


def test_settings_that_are_left_open_are_those_of_the_start(ctx: Context, inputs: tuple[int, int]) -> None:
    _job, start = first(ctx, inputs, method_params={"rank": 4})
    form = {"name": "On", "base_model": inputs[0], "dataset": inputs[1], "method": "lora", "starts_from": start.id}
    plain = estimates.plan(ctx, {**form, "starts_from": None, "method_params": {"rank": 4}})
    assert estimates.plan(ctx, form)["memory"]["total_mb"] == plain["memory"]["total_mb"]
    with pytest.raises(SpecError) as refused:
        estimates.plan(ctx, form | {"method_params": {"rank": 8}})
    assert refused.value.faults["method.rank"]["code"] == "start.other_setting"
    file = spec_files.draft_yaml(ctx, form)
    assert yaml.safe_load(file)["starts_from"] == {"name": start.name, "weights_hash": start.weights_hash}
    assert spec_files.draft_from_yaml(ctx, file)[0]["starts_from"] == start.id
    queued = lifecycle.start_job(ctx, form | {"budget": {"device": "cpu"}}, key="")
    assert workers.row(ctx, queued).spec["method_params"]["rank"] == 4


def test_a_start_that_changed_or_is_gone_is_refused(ctx: Context, inputs: tuple[int, int]) -> None:
    _job, start = first(ctx, inputs)
    queued = workers.queue(ctx, *inputs, starts_from=start.id)
    weights = ctx.settings.absolute(start.path) / "adapter_model.safetensors"
    kept = weights.read_bytes()
    weights.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert workers.run_here(ctx).error["code"] == "chat.damaged"  # type: ignore[index]
    weights.write_bytes(kept)
    shutil.rmtree(ctx.settings.home / "cache", ignore_errors=True)
    tuned_service.delete_tuned(ctx, start.id)
    with pytest.raises(SpecError) as refused:
        workers.queue(ctx, *inputs, starts_from=start.id)
    assert refused.value.faults["starts_from"]["code"] == "start.gone"
    with pytest.raises(SpecError):
        lifecycle.resume_job(ctx, queued)
    draft, warnings = spec_files.draft_from_job(ctx, queued)
    assert draft["starts_from"] is None
    assert [one["code"] for one in warnings] == ["spec.starts_from_not_here"]
