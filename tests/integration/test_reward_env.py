"""A job that learns by everything that can score at once: a reward model, judges near and afar, and the operator's own function."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.core.context import Context
from engine.core.settings import Settings
from engine.jobs.feed import job_feed
from engine.services.planning.estimates import plan
from storage.job_tables import JobEvent, Metric
from tests import tiny, training_jobs
from tests.fake_writer import Answer, FakeWriter, chat_answer, fake_writer
from tests.homes import opened
from webui.i18n import t

QUICK: dict[str, Any] = {"epochs": 1, "evaluations": 1, "max_length": 128, "learning_rate": 0.01}
ASKS = {"batch_size": 2, "answers": 2, "answer_tokens": 8, "unfinished": "as_scored"}


def points(_number: int, question: dict[str, Any]) -> Answer:
    """Points, but for one answer in three, to which it is too busy."""
    assert "<answer>" in question["messages"][0]["content"]
    return chat_answer(f"{len(question['messages'][0]['content']) % 11}")


@pytest.fixture
def afar() -> Iterator[FakeWriter]:
    with fake_writer(points) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, afar: FakeWriter) -> Iterator[Context]:
    settings = Settings(tmp_path / "home", offline=True, writer_url=afar.url, writer_model="big", writer_key="secret")
    context = opened(settings)
    yield context
    context.db.close()


def pairs(count: int) -> list[dict[str, Any]]:
    said = [tiny.chat_rows(count, seed=seed) for seed in (1, 2)]
    return [
        {"prompt": one["messages"][:1], "chosen": one["messages"][1:], "rejected": other["messages"][1:]}
        for one, other in zip(*said, strict=True)
    ]


def test_a_job_is_rewarded_by_models_services_and_files(home: Context, afar: FakeWriter) -> None:
    model = tiny.add_model(home)
    ranked = tiny.add_dataset(home, pairs(10), held_out=2, name="Pairs")
    asked = tiny.add_dataset(home, tiny.chat_rows(6), held_out=2, name="AskedPrompt")
    scorer = training_jobs.train(home, (model, ranked), objective="reward_model", training=QUICK)
    assert (scorer.status, scorer.error) == ("succeeded", None)
    made = training_jobs.tuned(home, scorer.id)
    assert made is not None
    own = home.settings.folder("rewards") / "mine.py"
    own.write_text("def score(question, answer, row):\n    return len(answer) / 100\n")
    os.chmod(own, 0o600)
    host = home.settings.writer_host
    rewards = [
        {"reward": "reward_model", "values": {"model": made.id}}, {"reward": "judge", "values": {"host": host}},
        {"reward": "judge", "values": {"model": model}, "weight": 0}, {"reward": "function", "values": {"function": "mine"}},
    ]  # fmt: skip
    job = training_jobs.train(home, (model, asked), objective="grpo", training=QUICK | ASKS | {"rewards": rewards})
    assert (job.status, job.error) == ("succeeded", None)
    planned = {item["key"]: item["mb"] for item in plan(home, job.spec)["memory"]["items"]}
    assert planned["scorers"] == pytest.approx(2 * 1.05 * 4 * tiny.parameters() / 1e6, abs=0.5)
    with home.db.read() as s:
        drawn = set(s.scalars(select(Metric.name).where(Metric.job_id == job.id)))
        told = list(s.scalars(select(JobEvent.code).where(JobEvent.job_id == job.id)))
    assert {"reward/reward_model", "reward/judge", "reward/function"} <= drawn
    assert afar.asked
    assert [code for code in told if "fail" in code] == []


def test_held_out_answers_of_which_nothing_can_be_said_end_the_job_with_the_reason(home: Context) -> None:
    asked = tiny.chat_rows(6)
    rows = [
        {"prompt": one["messages"][:1], "reference": {"answer": "sea"} if at < 4 else {}}
        for at, one in enumerate(asked)
    ]
    dataset = tiny.add_dataset(home, rows, held_out=2, name="Half")
    rewards = [{"reward": "match"}]
    inputs = tiny.add_model(home), dataset
    job = training_jobs.train(home, inputs, objective="grpo", training=QUICK | ASKS | {"rewards": rewards})
    assert (job.status, job.error) == ("failed", {"code": "reward.nothing_scored", "params": {"names": "match"}})


def test_the_doctor_tells_in_the_jobs_story_that_nothing_can_be_learnt(home: Context) -> None:
    inputs = tiny.add_model(home), tiny.add_dataset(home, tiny.chat_rows(8), held_out=2, name="AskedPrompt")
    rewards = [{"reward": "words", "values": {"required": "zebra"}}]
    told = QUICK | ASKS | {"rewards": rewards, "batch_size": 1, "answer_tokens": 4, "evaluations": 0}
    job = training_jobs.train(home, inputs, objective="grpo", training=told)
    assert (job.status, job.error) == ("succeeded", None)
    events = [event for event in job_feed(home, job.id)["events"] if event["code"].startswith("doctor")]
    assert [(event["code"], event["params"]["tokens"]) for event in events] == [("doctor_unended", 4)]
    assert "4" in t("en", f"event.{events[0]['code']}", **events[0]["params"])
