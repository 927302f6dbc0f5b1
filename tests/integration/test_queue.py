"""Jobs as the user handles them, and claims by several processes at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.jobs import feed as job_feed
from engine.jobs.spec import make_spec
from engine.services.jobs import lifecycle, spec_files
from engine.services.jobs.lifecycle import job_view, list_jobs, start_job
from storage.job_tables import Checkpoint, Job, JobStatus, LogLine, Metric, Sample
from storage.tables import Dataset, LanguageModel
from tests.integration.queueing import PROJECT, add_job, startable
from tests.workers import claim, event_codes, row

CLAIMER = """
import json
from engine.core.context import open_context
from storage.queries.jobs import claim_next
ctx, mine = open_context(), []
while True:
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce="n", boot_id="b")
    if claimed is None:
        break
    mine.append(claimed)
print(json.dumps(mine))
"""
STARTER = """
import json, sys
from engine.core.context import open_context
from engine.services.jobs.lifecycle import start_job
print(start_job(open_context(), json.loads(sys.argv[1]), key="pressed-twice"))
"""


@pytest.fixture
def spec(ctx: Context) -> dict[str, Any]:
    """A form that can be started: its model and its data set are ready."""
    return startable(ctx)


def _processes(ctx: Context, code: str, count: int, *arguments: str) -> list[str]:
    """What several processes print that run the same code at the same time."""
    environment = os.environ | ctx.settings.child_environment()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    return [process.communicate(timeout=60)[0] for process in running]


# ------------------------------------------------------------------ starting


def test_a_started_job_waits_with_its_whole_spec(ctx: Context, spec: dict[str, Any]) -> None:
    view = job_view(ctx, start_job(ctx, spec, key="a"))
    assert (view["status"], view["lane"], view["queue_place"], view["kind"]) == ("queued", "cpu", 1, "train")
    assert (view["base_model_name"], view["dataset_name"], view["method"]) == ("Small", "Lamps", "lora")
    assert view["spec"]["training"]["epochs"] == 2
    assert view["spec"]["training"]["seed"] == 42
    assert view["error"] is None


def test_a_double_click_is_one_job(ctx: Context, spec: dict[str, Any]) -> None:
    assert start_job(ctx, spec, key="k") == start_job(ctx, spec, key="k") != start_job(ctx, spec, key="l")


def test_processes_that_start_with_one_key_at_once_get_one_job(ctx: Context, spec: dict[str, Any]) -> None:
    printed = _processes(ctx, STARTER, 3, json.dumps(spec))
    assert len({int(text) for text in printed}) == 1
    assert len(list_jobs(ctx)) == 1


@pytest.mark.parametrize(
    ("table", "field", "columns", "code"),
    [
        (LanguageModel, "base_model", {"status": "preparing"}, "job.model_not_ready"),
        (LanguageModel, "base_model", {"deleted_at": 1.0}, "job.model_gone"),
        (Dataset, "dataset", {"status": "draft"}, "job.dataset_not_ready"),
        (Dataset, "dataset", {"deleted_at": 1.0}, "job.dataset_gone"),
        (Dataset, "dataset", {"kind": "preference"}, "job.dataset_preference"),
        (Dataset, "dataset", {"kind": "kto"}, "job.dataset_kto"),
    ],
)
def test_inputs_that_are_not_there_are_named(
    ctx: Context, spec: dict[str, Any], table: Any, field: str, columns: dict[str, Any], code: str
) -> None:
    with ctx.db.write() as s:
        s.execute(update(table).values(**columns))
    with pytest.raises(SpecError) as caught:
        start_job(ctx, spec, key="a")
    assert {name: fault["code"] for name, fault in caught.value.faults.items()} == {field: code}


def test_a_device_that_is_not_there_is_a_fault_of_its_field(ctx: Context, spec: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        start_job(ctx, spec | {"budget": {"device": "cuda:97"}}, key="a")
    assert list(caught.value.faults) == ["budget.device"]


# ------------------------------------------------------------------ claiming


def test_processes_that_claim_at_once_share_no_job(ctx: Context) -> None:
    ids = [add_job(ctx, lane=f"lane-{number}") for number in range(30)]
    claimed = [entry for text in _processes(ctx, CLAIMER, 3) for entry in json.loads(text)]
    assert sorted(claimed) == [[job_id, 1] for job_id in ids]


def test_the_database_itself_allows_one_active_job_a_lane(ctx: Context) -> None:
    first, second = add_job(ctx), add_job(ctx)
    claim(ctx)
    with pytest.raises(IntegrityError), ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == second).values(status=JobStatus.RUNNING))
    assert (row(ctx, first).status, row(ctx, second).status) == ("starting", "queued")


def test_a_deleted_job_is_never_claimed(ctx: Context) -> None:
    add_job(ctx)
    with ctx.db.write() as s:
        s.execute(update(Job).values(deleted_at=1.0))
    with pytest.raises(AssertionError):
        claim(ctx)


# ------------------------------------------------------------------ the queue in the user's hand


def _order(ctx: Context) -> list[int]:
    return [view["id"] for view in list_jobs(ctx) if view["status"] == "queued"]


def test_jobs_move_in_their_own_lane_only(ctx: Context) -> None:
    first, second, third = (add_job(ctx) for _ in range(3))
    elsewhere = add_job(ctx, lane="background")
    lifecycle.move_job(ctx, third, "up")
    assert _order(ctx)[-3:] != [first, second, third]
    places = {job_id: job_view(ctx, job_id)["queue_place"] for job_id in (first, second, third, elsewhere)}
    assert places == {first: 1, third: 2, second: 3, elsewhere: 1}
    lifecycle.move_job(ctx, first, "up")
    lifecycle.move_job(ctx, second, "down")
    assert {job_id: job_view(ctx, job_id)["queue_place"] for job_id in places} == places
    assert job_view(ctx, first)["can"] | {"move_up": False, "move_down": True} == job_view(ctx, first)["can"]
    assert claim(ctx)[0] in (first, elsewhere)


def test_a_running_job_does_not_move(ctx: Context) -> None:
    job_id = add_job(ctx)
    claim(ctx)
    with pytest.raises(Fault) as caught:
        lifecycle.move_job(ctx, job_id, "up")
    assert caught.value.code == "job.not_queued"


@pytest.mark.parametrize("end", [lifecycle.stop_job, lifecycle.cancel_job])
def test_a_queued_job_that_is_ended_was_never_begun(ctx: Context, end: Any) -> None:
    job_id = add_job(ctx)
    end(ctx, job_id)
    assert (row(ctx, job_id).status, row(ctx, job_id).attempt) == ("cancelled", 0)
    end(ctx, job_id)
    assert event_codes(ctx, job_id) == ["queued", "cancelled"]


def test_a_cancel_is_not_taken_back_by_a_stop(ctx: Context) -> None:
    job_id = add_job(ctx)
    claim(ctx)
    lifecycle.cancel_job(ctx, job_id)
    lifecycle.stop_job(ctx, job_id)
    assert (row(ctx, job_id).request, row(ctx, job_id).status) == ("cancel", "stopping")
    assert job_view(ctx, job_id)["headline"]["code"] == "cancelling"


def _set(ctx: Context, job_id: int, **columns: Any) -> None:
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == job_id).values(**columns))


def test_a_resumed_job_goes_to_the_front(ctx: Context, spec: dict[str, Any]) -> None:
    old, waiting = start_job(ctx, spec, key="old"), start_job(ctx, spec, key="waiting")
    _set(ctx, old, status=JobStatus.INTERRUPTED, error={"code": "job.killed", "params": {"step": 3}}, step=3)
    lifecycle.resume_job(ctx, old)
    lifecycle.resume_job(ctx, old)
    assert _order(ctx) == [old, waiting]
    assert claim(ctx) == (old, 1)
    assert row(ctx, old).error is None


@pytest.mark.parametrize("status", ["succeeded", "cancelled"])
def test_what_is_over_does_not_resume(ctx: Context, spec: dict[str, Any], status: str) -> None:
    job_id = start_job(ctx, spec, key="a")
    _set(ctx, job_id, status=status)
    with pytest.raises(Fault) as caught:
        lifecycle.resume_job(ctx, job_id)
    assert caught.value.code == "job.not_resumable"


def test_a_job_whose_data_is_gone_does_not_resume(ctx: Context, spec: dict[str, Any]) -> None:
    job_id = start_job(ctx, spec, key="a")
    _set(ctx, job_id, status=JobStatus.STOPPED)
    with ctx.db.write() as s:
        s.execute(update(Dataset).values(deleted_at=1.0))
    with pytest.raises(SpecError):
        lifecycle.resume_job(ctx, job_id)


def test_delete_frees_checkpoints_and_keeps_history(ctx: Context) -> None:
    job_id = add_job(ctx)
    folder = ctx.settings.folder("jobs", str(job_id), "checkpoints", "step-3")
    (folder / "model.safetensors").write_bytes(b"x" * 100)
    with ctx.db.write() as s:
        s.add(Checkpoint(job_id=job_id, attempt=1, step=3, path="p", bytes=100, files={}))
    with pytest.raises(Fault):
        lifecycle.delete_job(ctx, job_id)
    lifecycle.cancel_job(ctx, job_id)
    lifecycle.delete_job(ctx, job_id)
    assert not folder.exists()
    assert list_jobs(ctx) == []
    assert event_codes(ctx, job_id) == ["queued", "cancelled"]
    for ask in (lifecycle.job_view, lifecycle.stop_job, lifecycle.resume_job, job_feed.job_feed):
        with pytest.raises(NotFound):
            ask(ctx, job_id)


# ------------------------------------------------------------------ the feed


def _write(ctx: Context, job_id: int, steps: range) -> None:
    with ctx.db.write() as s:
        s.add_all(Metric(job_id=job_id, name="val_loss", step=step, value=9.0 - step, at=1.0) for step in steps)
        s.add_all(LogLine(job_id=job_id, at=1.0, attempt=1, level="info", text=f"line {step}") for step in steps)
        s.add_all(
            Sample(job_id=job_id, step=step, prompt_index=0, prompt="?", expected=None, answer="!", at=1.0)
            for step in steps
        )


def test_the_feed_tells_only_what_is_new(ctx: Context) -> None:
    job_id = add_job(ctx)
    claim(ctx)
    _write(ctx, job_id, range(1, 4))
    first = job_feed.job_feed(ctx, job_id)
    assert first["metrics"] == {"val_loss": [[1, 8.0], [2, 7.0], [3, 6.0]]}
    assert [event["code"] for event in first["events"]] == ["queued", "starting"]
    cursors = {f"after_{name}": value for name, value in first["cursors"].items()}
    again = job_feed.job_feed(ctx, job_id, attempt=1, **cursors)
    assert (again["metrics"], again["logs"], again["samples"], again["events"]) == ({}, [], [], [])
    assert again["cursors"] == first["cursors"]
    _write(ctx, job_id, range(4, 5))
    newer = job_feed.job_feed(ctx, job_id, attempt=1, **cursors)
    assert (newer["reset"], newer["metrics"]) == (False, {"val_loss": [[4, 5.0]]})
    assert [line["text"] for line in newer["logs"]] == ["line 4"]


def test_a_new_attempt_resets_the_feed(ctx: Context) -> None:
    job_id = add_job(ctx)
    claim(ctx)
    _write(ctx, job_id, range(1, 4))
    feed = job_feed.job_feed(ctx, job_id, attempt=0, after_metric=10**9, after_log=10**9)
    assert feed["reset"]
    assert len(feed["metrics"]["val_loss"]) == len(feed["logs"]) == 3


# ------------------------------------------------------------------ settings as a file


def test_settings_survive_the_way_to_another_machine(ctx: Context, spec: dict[str, Any]) -> None:
    text = spec_files.spec_yaml(ctx, start_job(ctx, spec | {"sample_prompts": ["Où est la lampe?"]}, key="a"))
    assert "Lamps" in text
    with ctx.db.write() as s:  # other ids, other names, the same content
        s.execute(update(LanguageModel).values(name="Renamed", ref="else/where"))
        s.execute(update(Dataset).values(name="Other"))
    draft, warnings = spec_files.draft_from_yaml(ctx, text)
    assert warnings == []
    assert start_job(ctx, draft, key="b")
    assert draft["sample_prompts"] == ["Où est la lampe?"]
    assert draft["training"]["epochs"] == 2


def test_what_is_not_here_is_left_empty_with_a_warning(ctx: Context, spec: dict[str, Any]) -> None:
    job_id = start_job(ctx, spec, key="a")
    text = spec_files.spec_yaml(ctx, job_id).replace("device: cpu", "device: cuda:9")
    with ctx.db.write() as s:
        s.execute(update(LanguageModel).values(deleted_at=1.0))
        s.execute(update(Dataset).values(content_hash="d" * 64))
    draft, warnings = spec_files.draft_from_yaml(ctx, text)
    codes = [warning["code"] for warning in warnings]
    assert codes == ["spec.base_model_not_here", "spec.other_content", "spec.device_not_here"]
    assert (draft["base_model"], draft["dataset"], draft["budget"]["device"]) == (None, spec["dataset"], "auto")
    old, warnings = spec_files.draft_from_job(ctx, job_id)
    assert (old["base_model"], old["dataset"]) == (None, spec["dataset"])
    assert warnings == [{"code": "spec.base_model_not_here", "params": {"name": "Small"}}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name: x\n\tbad: [", "spec.file_broken"),
        ("just words", "spec.file_other"),
        ("format: tunesmith-job\nversion: 1\ntraining: !!set {a}", "spec.file_value"),
        ("format: tunesmith-job\nversion: 1\nname: !!binary aGVsbG8=", "spec.file_value"),
        (f"format: tunesmith-job\nversion: 1\ntraining: {{epochs: 0x{'f' * 5000}}}", "spec.file_value"),
        ("format: tunesmith-job\nversion: 99", "spec.newer"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nformat: tunesmith-job\nversion: 1", "spec.file_other"),
        ("!!python/object/apply:os.system ['true']", "spec.file_broken"),
        ("[" * 5000, "spec.file"),
    ],
)
def test_other_files_are_refused(ctx: Context, text: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        spec_files.draft_from_yaml(ctx, text)
    assert caught.value.code.startswith(code)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("trainign: {epochs: 9}", "trainign"),
        ("7: x", "7"),
        ("objective: dreaming", "objective"),
        ("training: [1]", "training"),
        ("sample_prompts: 5", "sample_prompts"),
        ("sample_prompts: [[1]]", "sample_prompts"),
        ("name: {a: 1}", "name"),
        ("version: .inf", "version"),
        ("version: '2'", "version"),
    ],
)
def test_a_file_with_what_no_setting_is_called_is_refused(
    ctx: Context, spec: dict[str, Any], line: str, field: str
) -> None:
    text = spec_files.spec_yaml(ctx, start_job(ctx, spec, key="a"))
    other = "".join(part for part in text.splitlines(True) if not part.startswith(line.partition(":")[0]))
    with pytest.raises(SpecError) as caught:
        spec_files.draft_from_yaml(ctx, f"{other}{line}\n")
    assert list(caught.value.faults) == [field]


def test_a_file_with_odd_values_is_read_and_each_is_told_at_its_field(ctx: Context, spec: dict[str, Any]) -> None:
    told = yaml.safe_load(spec_files.spec_yaml(ctx, start_job(ctx, spec, key="a")))
    told |= {
        "training": {"epochs": 10**24, "learning_rate": float("nan"), "max_length": date(2024, 1, 1)},
        "sample_prompts": [1, "b"],
        "name": 7,
    }
    draft, _warnings = spec_files.draft_from_yaml(ctx, yaml.safe_dump(told))
    assert draft["training"] == {"epochs": 10**24, "learning_rate": "nan", "max_length": "2024-01-01"}
    with pytest.raises(SpecError) as caught:
        make_spec(draft)
    assert sorted(caught.value.faults) == ["training.epochs", "training.learning_rate", "training.max_length"]
    assert make_spec({**draft, "training": {}}).sample_prompts == ("1", "b")


def test_every_text_of_a_job_is_in_the_catalogues() -> None:
    from engine.core.text import catalogue

    source = (Path(PROJECT) / "engine" / "jobs" / "supervisor.py").read_text() + (
        Path(PROJECT) / "engine" / "services" / "jobs" / "lifecycle.py"
    ).read_text()
    codes = {part.split('"')[0] for part in source.split('"job.')[1:]}
    assert len(codes) > 8
    assert [code for code in codes if f"error.job.{code}" not in catalogue("en")] == []
