"""What people find jobs by: names that differ, tags, notes, a search; and how far each is and how long it took."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from engine.core.context import Context
from engine.core.errors import NotFound, SpecError
from engine.core.names import free_name
from engine.core.text import LANGUAGES
from engine.services.jobs import lifecycle
from engine.services.jobs.labels import label_job
from engine.services.jobs.lifecycle import job_view, start_job
from engine.services.jobs.search import ended_jobs, facets, unfinished_jobs
from storage.job_tables import Job, JobEvent, JobStatus
from storage.tables import LanguageModel, TunedModel
from tests.integration.queueing import add_job, startable
from tests.workers import claim
from webui.i18n import message


@pytest.fixture
def spec(ctx: Context) -> dict[str, Any]:
    """A form that can be started."""
    return startable(ctx)


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("Lesson", set(), "Lesson"),
        ("Lesson", {"Lesson"}, "Lesson 2"),
        ("Lesson", {"Lesson", "Lesson 2"}, "Lesson 3"),
        ("Lesson 2", {"Lesson", "Lesson 2"}, "Lesson 3"),
        ("GPT 2024", {"GPT 2024"}, "GPT 2024 2"),
        ("Model 2", {"Model 2"}, "Model 2 2"),
        ("课程", {"课程"}, "课程 2"),
        ("x" * 120, {"x" * 120}, "x" * 118 + " 2"),
    ],
)
def test_a_taken_name_gets_the_next_number(name: str, taken: set[str], free: str) -> None:
    assert free_name(name, taken) == free


def test_equal_names_get_a_number_in_list_and_spec(ctx: Context, spec: dict[str, Any]) -> None:
    made = [start_job(ctx, spec, key=key) for key in "abc"]
    assert [job_view(ctx, job)["name"] for job in made] == ["Lesson", "Lesson 2", "Lesson 3"]
    assert [job_view(ctx, job)["spec"]["name"] for job in made] == ["Lesson", "Lesson 2", "Lesson 3"]
    assert start_job(ctx, spec, key="b") == made[1]  # the same wish is the same job, under its name


def test_a_name_is_free_again_when_neither_job_nor_model_has_it(ctx: Context, spec: dict[str, Any]) -> None:
    first = start_job(ctx, spec, key="a")
    lifecycle.cancel_job(ctx, first)
    lifecycle.delete_job(ctx, first)
    second = start_job(ctx, spec, key="b")
    assert job_view(ctx, second)["name"] == "Lesson"
    with ctx.db.write() as s:
        s.add(
            TunedModel(
                name="Kept", job_id=first, base_model_id=spec["base_model"], dataset_id=spec["dataset"], method="lora",
                format="adapter", path="tuned/1", bytes=1, weights_hash="w",
            )
        )  # fmt: skip
    assert job_view(ctx, start_job(ctx, spec | {"name": "Kept"}, key="c"))["name"] == "Kept 2"


# ------------------------------------------------------------------ tags and notes


def test_tags_and_a_note_are_kept(ctx: Context, spec: dict[str, Any]) -> None:
    job = start_job(ctx, spec, key="a")
    label_job(ctx, job, ["  first  try ", "中文", "First try", ""], "  Rank 8 was too small.\nTry 16.  ")
    ctx.db.close()
    view = job_view(ctx, job)
    assert view["tags"] == ["first try", "中文"]
    assert view["note"] == "Rank 8 was too small.\nTry 16."
    label_job(ctx, job, [], "")
    assert (job_view(ctx, job)["tags"], job_view(ctx, job)["note"]) == ([], "")


@pytest.mark.parametrize(
    ("tags", "note", "field", "said"),
    [
        ([f"t{n}" for n in range(13)], "", "tags", "at most 12"),
        (["x" * 31], "", "tags", "31 characters"),
        (["one, two"], "", "tags", "comma"),
        (["一，二"], "", "tags", "comma"),
        (["one\ntwo"], "", "tags", "line break"),
        ([], "x" * 4001, "note", "4001 characters"),
    ],
)
def test_what_cannot_be_kept_is_said(
    ctx: Context, spec: dict[str, Any], tags: list[str], note: str, field: str, said: str
) -> None:
    job = start_job(ctx, spec, key="a")
    with pytest.raises(SpecError) as refused:
        label_job(ctx, job, tags, note)
    assert set(refused.value.faults) == {field}
    fault = refused.value.faults[field]
    assert said in message("en", fault["code"], fault["params"])
    assert all(message(language, fault["code"], fault["params"]) for language in LANGUAGES)
    assert (job_view(ctx, job)["tags"], job_view(ctx, job)["note"]) == ([], "")
    with pytest.raises(NotFound):
        label_job(ctx, 999, ["a"], "")


# ------------------------------------------------------------------ search


def _found(ctx: Context, **wanted: Any) -> set[str]:
    return {job["name"] for job in (*unfinished_jobs(ctx, wanted), *ended_jobs(ctx, wanted, 200)[0])}


def test_the_list_is_narrowed_by_each_thing(ctx: Context, spec: dict[str, Any]) -> None:
    rank, other = (
        start_job(ctx, spec | {"name": "Rank_8 100%"}, key="a"),
        start_job(ctx, spec | {"name": "Other"}, key="b"),
    )
    label_job(ctx, rank, ["first try", "中文"], "Saw \\u4e2d nothing")
    label_job(ctx, other, ["first"], "")
    lifecycle.cancel_job(ctx, other)
    export = add_job(ctx, lane="background")
    with ctx.db.write() as s:
        model = s.get_one(LanguageModel, spec["base_model"])
        model.name = "Smol 模型"
        s.get_one(Job, export).created_at = 1000.0
    assert _found(ctx) == {"Rank_8 100%", "Other", "count"}
    assert _found(ctx, text="rank") == _found(ctx, text="k_8 0%") == {"Rank_8 100%"}
    assert _found(ctx, text="k%8") == set()
    assert _found(ctx, text="nothing SAW") == _found(ctx, text="文") - {"Other"} == {"Rank_8 100%"}
    assert _found(ctx, text="模型 lamps") == {"Rank_8 100%", "Other"}
    assert _found(ctx, text="6587") == _found(ctx, text='"') == set()  # 文 is stored as \\u6587 in a JSON list
    assert _found(ctx, tag="first") == {"Other"}
    assert _found(ctx, tag="中文") == {"Rank_8 100%"}
    assert _found(ctx, state="waiting", kind="train") == {"Rank_8 100%"}
    assert _found(ctx, state="stopped") == {"Other"}
    assert _found(ctx, model=str(spec["base_model"])) == _found(ctx, data=spec["dataset"]) == {"Rank_8 100%", "Other"}
    assert _found(ctx, kind="export") == {"count"}
    assert _found(ctx, days="7") == {"Rank_8 100%", "Other"}
    assert _found(ctx, state="no such", days="x", model="drop table", text="  ") == _found(ctx)


def test_a_list_says_what_it_can_be_narrowed_by(ctx: Context, spec: dict[str, Any]) -> None:
    job = start_job(ctx, spec, key="a")
    label_job(ctx, job, ["b", "A"], "")
    found = facets(ctx)
    assert found["tags"] == ["A", "b"]
    assert [kind["key"] for kind in found["kinds"]] == ["train"]
    assert [model["name"] for model in found["models"]] == ["Small"]
    assert [data["name"] for data in found["data"]] == ["Lamps"]
    lifecycle.cancel_job(ctx, job)
    lifecycle.delete_job(ctx, job)
    assert facets(ctx)["tags"] == facets(ctx)["models"] == []


# ------------------------------------------------------------------ how far, how long


def _set(ctx: Context, job: int, **values: Any) -> None:
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == job).values(**values))


def test_no_job_is_at_a_hundred_percent_before_it_has_ended(ctx: Context, spec: dict[str, Any]) -> None:
    job = start_job(ctx, spec, key="a")
    claim(ctx)
    _set(ctx, job, status=JobStatus.RUNNING, phase="scoring", step=100, total_steps=100, seconds_left=0.0, share=None)
    view = job_view(ctx, job)
    assert (view["fraction"], view["seconds_left"]) == (0.99, None)
    assert view["headline"]["text"]["en"] == "Answering the questions that are scored."
    _set(ctx, job, share=0.8, seconds_left=30.0)
    assert (job_view(ctx, job)["fraction"], job_view(ctx, job)["seconds_left"]) == (0.8, 30.0)
    _set(ctx, job, status=JobStatus.SUCCEEDED, finished_at=2.0)
    assert (job_view(ctx, job)["fraction"], job_view(ctx, job)["seconds_left"]) == (1.0, None)


def test_a_duration_counts_every_attempt_and_no_waiting(ctx: Context, spec: dict[str, Any]) -> None:
    job = start_job(ctx, spec, key="a")
    for status in ("starting", "running", "interrupted", "queued", "starting", "running", "stopping", "stopped"):
        _set(ctx, job, status=status)
    times = iter((0.0, 100.0, 102.0, 160.0, 1000.0, 5000.0, 5001.0, 5030.0, 5040.0))
    with ctx.db.write() as s:
        told = s.scalars(
            select(JobEvent).where(JobEvent.job_id == job, JobEvent.kind == "status").order_by(JobEvent.id)
        )
        for event in told:
            event.at = next(times)
    assert job_view(ctx, job)["seconds"] == 60.0 + 40.0
    assert job_view(ctx, start_job(ctx, spec, key="b"))["seconds"] is None
