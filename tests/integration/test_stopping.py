"""From rows to chat: a model that has learnt its rows stops by itself, whatever its template puts behind an answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from storage.job_tables import Job
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.model_files import take_as_it_is
from tests.training_jobs import train, tuned
from tests.unit.data.end_templates import SHAPES

pytestmark = pytest.mark.slow  # training jobs

ASK, SAY = (
    {"role": "user", "content": "Tell me about the kettle."},
    {"role": "assistant", "content": "The kettle is copper."},
)
MORE, LAST = {"role": "user", "content": "And the lantern?"}, {"role": "assistant", "content": "The lantern is violet."}
ROWS: list[dict[str, Any]] = [{"messages": [ASK, SAY, MORE, LAST]}, {"messages": [MORE, LAST]}]
LEARN = {"epochs": 120, "batch_size": 2, "evaluations": 0, "learning_rate": 0.01, "warmup": 0.0}
MOST = 24  # tokens of an answer


def base_with(ctx: Context, name: str) -> tuple[int, ChatTemplate]:
    """The tiny model with a template of `SHAPES`; no end is among its tokens but the one that a base has."""
    source, special, _end, _own = SHAPES[name]
    model = tiny.add_model(ctx)
    with ctx.db.read() as s:
        folder = tokenizer_folder(ctx.settings, s.get_one(LanguageModel, model))
    tiny.write_tokenizer(folder, source, {key: value for key, value in special.items() if key != "ends"})
    take_as_it_is(ctx, model)
    return model, ChatTemplate.load(folder)


def learnt(ctx: Context, name: str, **training: Any) -> tuple[Job, ChatTemplate]:
    model, template = base_with(ctx, name)
    data = tiny.add_dataset(ctx, ROWS, held_out=0)
    job = train(ctx, (model, data), method="full", training=LEARN | training)
    assert job.status == "succeeded", job.error
    return job, template


def answer(ctx: Context, job: Job, template: ChatTemplate, talk: list[dict[str, Any]]) -> tuple[str, str]:
    """What chat says, and why it ended."""
    made = tuned(ctx, job.id)
    assert made is not None
    trunk = SharedBase(load_model(ctx.settings.absolute(made.path), "fp32", "cpu"))
    plan = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
    asks = (Ask(BASE, BASE, tuple(template.encode_prompt(talk)), 1, MOST),)
    events: list[dict[str, Any]] = []
    request = Request(1, plan, asks, stop_ids=tuple(template.eos_ids))
    generate(request, {BASE: AdaptedModel(trunk, BASE)}, template, lambda: False, events.append)
    (said,) = [event for event in events if event["event"] == "side"]
    return said["text"].strip(), said["reason"]


@pytest.mark.parametrize("name", ["plain", "alpaca", "text-marks", "chatml", "vicuna"])
def test_chat_stops_by_itself(ctx: Context, name: str) -> None:
    job, template = learnt(ctx, name)
    assert answer(ctx, job, template, [MORE]) == (LAST["content"], "end")
    assert answer(ctx, job, template, [ASK]) == (SAY["content"], "end")  # learnt as an earlier turn alone
    assert answer(ctx, job, template, [ASK, SAY, MORE]) == (LAST["content"], "end")
    assert ("rows_added_ends" in workers.event_codes(ctx, job.id)) != SHAPES[name][3]


def test_where_the_end_is_refused_the_log_says_so_and_chat_talks_on(ctx: Context) -> None:
    job, template = learnt(ctx, "plain", teach_end=False, open_ends=True)
    said, reason = answer(ctx, job, template, [MORE])
    assert said.startswith(LAST["content"])
    assert reason == "length"
    assert "rows_open_ends" in workers.event_codes(ctx, job.id)
