"""The method that trains nothing, from its job to chat and export."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.chat.conversations import Chat
from engine.services.jobs import lifecycle
from engine.services.models import tuned as service
from storage.job_tables import Job, Sample
from storage.tables import TunedModel
from tests import tiny, training_jobs, workers
from tests.homes import new_home
from tests.integration.chat_models import add_base

QUESTION = "What is the colour of the falcon?"


@dataclass
class World:
    ctx: Context
    base: int
    dataset: int
    job: Job
    tuned: TunedModel


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), tiny.add_dataset(ctx)
    job = training_jobs.train(
        ctx, (base, dataset), method="few_shot", method_params={"tokens": 160}, training={"scored_answers": 2}
    )
    made = training_jobs.tuned(ctx, job.id)
    assert made is not None, job.error
    yield World(ctx, base, dataset, job, made)
    ctx.db.close()


def test_the_job_measures_without_and_with_examples(world: World) -> None:
    losses = workers.series(world.ctx, world.job.id, "val_loss")
    assert world.job.status == "succeeded"
    assert list(losses) == [0, 1]
    assert losses[0] != losses[1]
    assert losses == {0: world.job.result["base_val_loss"], 1: world.job.result["val_loss"]}
    assert world.job.result["answers"]["count"] == 2
    with world.ctx.db.read() as s:
        samples = list(s.scalars(select(Sample).where(Sample.job_id == world.job.id)))
    told = {step: {sample.prompt: sample.answer for sample in samples if sample.step == step} for step in (0, 1)}
    assert told[0].keys() == told[1].keys()
    assert told[0] != told[1]


def test_the_base_loss_is_that_of_every_other_method(world: World) -> None:
    """The rows to beat must be the same rows, with the same labels."""
    trained = training_jobs.train(world.ctx, (world.base, world.dataset), training={"epochs": 0.1})
    assert trained.result["base_val_loss"] == pytest.approx(world.job.result["base_val_loss"], rel=1e-5)


def test_the_result_is_the_examples(world: World) -> None:
    folder = world.ctx.settings.absolute(world.tuned.path)
    assert world.tuned.format == "shots"
    assert [file.name for file in folder.iterdir()] == ["shots.json"]
    assert world.tuned.bytes == (folder / "shots.json").stat().st_size
    assert len(world.tuned.weights_hash) == 64
    assert world.tuned.lineage["spec"]["method_params"]["tokens"] == 160
    held_out = {row["messages"][0]["content"] for row in tiny.chat_rows()[-4:]}
    found = json.loads((folder / "shots.json").read_text(encoding="utf-8"))["rows"]
    assert len(found) == 20
    assert held_out - {row["messages"][0]["content"] for row in found} or len(held_out) == 1


@pytest.mark.slow
def test_chat_puts_examples_before_the_conversation(world: World) -> None:
    chat = Chat(world.ctx)
    side = f"tuned:{world.tuned.id}"
    try:
        conversation = chat.open(world.base, [world.tuned.id], {"max_tokens": 12})
        last = {event["side"]: event for event in chat.ask(conversation, QUESTION)}
        assert {event["status"] for event in last.values()} == {"complete"}
        assert last[side]["stats"]["prompt_tokens"] > last["base"]["stats"]["prompt_tokens"] + 60
        assert last[side]["text"] != last["base"]["text"]
        view = chat.view(conversation)
        assert [one["kind"] for one in view["sides"]] == ["base", "fewshot"]
        assert len({one["weights_hash"] for one in view["sides"]}) == 2
        assert chat.status()["models"] == ["base"], "no second model in memory"
        assert {e["status"] for e in chat.ask(conversation, "And the kettle?")} >= {"complete"}
    finally:
        chat.close()


def test_examples_that_were_changed_are_not_used(world: World, tmp_path: Path) -> None:
    made = training_jobs.train(
        world.ctx, (world.base, world.dataset), method="few_shot", method_params={"shots": 2, "choice": "random"}
    )
    row = training_jobs.tuned(world.ctx, made.id)
    assert row is not None
    file = world.ctx.settings.absolute(row.path) / "shots.json"
    file.write_text(file.read_text(encoding="utf-8").replace("lantern", "lanterm"), encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")
    chat = Chat(world.ctx)
    conversation = chat.open(world.base, [row.id])
    with pytest.raises(Fault, match=r"chat\.damaged"):
        next(chat.ask(conversation, QUESTION))
    assert chat.view(conversation)["messages"] == []


def test_export_is_a_small_zip_and_merging_is_refused_with_the_reason(world: World) -> None:
    with pytest.raises(Fault, match=r"export\.not_offered") as refused:
        service.start_export(world.ctx, world.tuned.id, "merged")
    assert set(refused.value.params["reason"]) == {"en", "zh"}
    job = service.start_export(world.ctx, world.tuned.id, "adapter")
    assert workers.run_here(world.ctx).status == "succeeded"
    path, name = service.export_file(world.ctx, job)
    assert name.endswith("-shots.zip")
    with zipfile.ZipFile(path) as archive:
        inside = {Path(entry).name: archive.read(entry) for entry in archive.namelist()}
    assert {"shots.json", "README.md", "chat_template.jinja"} <= inside.keys()
    assert json.loads(inside["shots.json"])["rows"]
    assert "Nothing was trained" in inside["README.md"].decode()


def test_cancelled_it_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training.loop import in_context

    def cancel(*_arguments: Any) -> Any:
        lifecycle.cancel_job(world.ctx, job_id)
        return measured(*_arguments)

    measured = in_context._measure
    monkeypatch.setattr(in_context, "_measure", cancel)
    job_id = workers.queue(world.ctx, world.base, world.dataset, method="few_shot", training=training_jobs.TRAINING)
    assert workers.run_here(world.ctx).status == "cancelled"
    assert training_jobs.tuned(world.ctx, job_id) is None
    assert not (world.ctx.settings.home / "tuned" / str(job_id)).exists()


def test_texts_without_questions_work_too(world: World) -> None:
    rows = [{"text": " ".join(message["content"] for message in row["messages"])} for row in tiny.chat_rows(16, seed=4)]
    texts = tiny.add_dataset(world.ctx, rows, name="Texts")
    job = training_jobs.train(world.ctx, (world.base, texts), method="few_shot", method_params={"tokens": 100})
    assert job.status == "succeeded", job.error
    assert job.result["val_loss"] != job.result["base_val_loss"]
