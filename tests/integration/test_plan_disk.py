"""What a plan says of the disk against what a real job leaves on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.context import Context
from engine.data.templates.lengths import Counts
from engine.jobs.spec import make_spec
from engine.planner.plan_estimate import spaces_of_case, workload
from engine.planner.time.disk import scratch_bytes
from engine.services.planning import estimates
from engine.training.batches.tokenized_dataset import Example, TokenizedDatasetWriter
from engine.training.forward.mean_loss import HeldOutMeans
from engine.training.limits.safe_files import size
from engine.training.loop.trainer import StepTrainer
from tests import tiny
from tests.training_jobs import train


def _planned(ctx: Context, raw: dict[str, Any]) -> dict[str, float]:
    case = estimates.case_of(ctx, make_spec(raw))
    train_rows, val_rows = case.counts()
    lines = spaces_of_case(case, workload(case, train_rows), train_rows, val_rows)
    return {space.key: space.bytes for space in lines}


@pytest.mark.parametrize(
    ("method", "values", "optimizer"),
    [("full", {}, "adamw_torch_fused"), ("lora", {"rank": 64}, "adafactor")],
)
def test_planned_bytes_are_those_of_a_real_job(
    ctx: Context, method: str, values: dict[str, Any], optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose first check is its best one, so that both sets of weights are kept."""
    monkeypatch.setattr(
        StepTrainer, "mean_loss", lambda trainer, *_rest: HeldOutMeans(1.0 + trainer.state.global_step, 1.0)
    )
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx)
    training = {"epochs": 2, "evaluations": 4, "keep_checkpoints": 2, "optimizer": optimizer, "max_length": 128}
    job = train(ctx, inputs, method=method, method_params=values, training=training)
    planned, home = _planned(ctx, job.spec), ctx.settings.home
    best, *kept = sorted(size(folder) for folder in (home / "jobs" / str(job.id) / "checkpoints").iterdir())
    assert len(kept) == 2
    assert planned["best"] == pytest.approx(best, rel=0.15)
    assert planned["last"] == pytest.approx(size(home / "tuned" / f"{job.id}-last"), rel=0.15)
    assert planned["checkpoints"] == pytest.approx(sum(kept), rel=0.15)
    assert planned["writing"] == pytest.approx(max(kept), rel=0.15)
    assert planned["result"] == pytest.approx(size(home / "tuned" / str(job.id)), rel=0.15)
    view = estimates.plan(ctx, job.spec)["disk"]
    assert view["total_mb"] == round(sum(planned.values()) / 1e6)
    assert [item["key"] for item in view["items"]] == [
        "checkpoints", "writing", "best", "result", "last", "scratch",
    ]  # fmt: skip
    for lone in ({"model_from": "last"}, {"evaluations": 1}):
        items = estimates.plan(ctx, job.spec | {"training": job.spec["training"] | lone})["disk"]["items"]
        assert [item["key"] for item in items] == ["checkpoints", "writing", "result", "scratch"]


def test_planned_bytes_of_the_tokens_are_those_of_their_file(tmp_path: Path) -> None:
    lengths = [40 + place % 300 for place in range(2000)]
    with TokenizedDatasetWriter(tmp_path / "train.arrow") as table:
        for length in lengths:
            table.add(Example(np.zeros(length, np.int32), np.zeros(length, np.int32), length))
    counts = Counts(len(lengths), sum(lengths), sum(lengths), lengths, truncated=0, dropped=0, unlearnable=0)
    none = Counts(0, 0, 0, [], truncated=0, dropped=0, unlearnable=0)
    assert scratch_bytes(counts, none) == pytest.approx((tmp_path / "train.arrow").stat().st_size, rel=0.05)
