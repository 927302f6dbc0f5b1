"""A job learns the rows that were there when it was started, whatever is imported afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.services.data import datasets, imports, sources
from engine.services.jobs import spec_files
from engine.training.batches import examples
from engine.training.batches.examples import Examples
from engine.training.loop import inputs
from storage.tables import TunedModel
from tests import tiny, workers


@pytest.fixture
def dataset_id(ctx: Context, tmp_path: Path) -> int:
    file = tmp_path / "upload.csv"
    lines = [f"question {n},first answer {n},other answer {n}" for n in range(12)]
    file.write_text("prompt,completion,spare\n" + "\n".join(lines), encoding="utf-8")
    dataset = sources.add_upload(ctx, file, "upload.csv")
    _import(ctx, dataset, "completion")
    return dataset


def _import(ctx: Context, dataset_id: int, answers: str) -> str:
    mapping = {"prompt": "prompt", "completion": answers}
    view = imports.import_dataset(ctx, dataset_id, name="Rows", shape="prompt_completion", mapping=mapping)
    return str(view["content_hash"])


def test_job_keeps_its_rows(ctx: Context, dataset_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = str(datasets.dataset_view(ctx, dataset_id)["content_hash"])
    job_id = workers.queue(ctx, tiny.add_model(ctx), dataset_id, training={"epochs": 1, "evaluations": 0})
    after = _import(ctx, dataset_id, "spare")
    assert after != before
    seen: list[str] = []
    load = examples.load_examples

    def spy(rows: Iterable[dict[str, object]], *rest: object) -> Examples:
        kept = list(rows)
        seen.extend(str(row) for row in kept)
        return load(kept, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(inputs, "load_examples", spy)
    job = workers.run_here(ctx)
    assert job.status == "succeeded"
    assert all("first answer" in row for row in seen)
    assert len(seen) == 12
    with ctx.db.read() as s:
        made = s.query(TunedModel).filter_by(job_id=job_id).one()
    assert made.lineage["dataset"]["content_hash"] == before
    assert spec_files.draft_from_job(ctx, job_id)[0]["dataset_hash"] == ""
    assert before in spec_files.spec_yaml(ctx, job_id)
