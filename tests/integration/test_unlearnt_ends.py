"""A job that would not teach where an answer ends is refused at Start with the way out, unless a person says that it is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.models.base.paths import tokenizer_folder
from engine.services.jobs.lifecycle import start_job
from storage.tables import LanguageModel
from tests import tiny
from tests.integration.test_stopping import ROWS, base_with
from tests.model_files import take_as_it_is
from webui.i18n import error_text

ENDS = [("plain", "<|endoftext|>"), ("alpaca", "</s>"), ("text-marks", "<|endoftext|>")]


def started(ctx: Context, model: int, data: int, **training: Any) -> dict[str, Any]:
    """The faults of a job at Start; empty where it is queued."""
    raw = {"name": "j", "base_model": model, "dataset": data, "method": "lora", "training": training}
    try:
        start_job(ctx, raw, key=str(training))
    except SpecError as error:
        return dict(error.faults)
    return {}


@pytest.mark.parametrize(("name", "token"), ENDS)
def test_an_end_that_is_refused_refuses_the_job(ctx: Context, name: str, token: str) -> None:
    model, _ = base_with(ctx, name)
    data = tiny.add_dataset(ctx, ROWS, held_out=0)
    assert started(ctx, model, data) == {}
    faults = started(ctx, model, data, teach_end=False)
    params = {"model": "Tiny", "token": token}
    assert faults == {"training.teach_end": {"code": "job.end_refused", "params": params}}
    for language in ("en", "zh"):
        assert "training.open_ends" in error_text(language, Fault("job.end_refused", **params))
    assert started(ctx, model, data, teach_end=False, open_ends=True) == {}


def test_a_model_without_any_end_is_refused_and_texts_never(ctx: Context) -> None:
    model, _ = base_with(ctx, "plain")
    with ctx.db.read() as s:
        folder = tokenizer_folder(ctx.settings, s.get_one(LanguageModel, model))
    (folder / "special.json").write_text('{"bos_token": "<bos>"}')
    take_as_it_is(ctx, model)
    data = tiny.add_dataset(ctx, ROWS, held_out=0)
    assert {place: fault["code"] for place, fault in started(ctx, model, data).items()} == {
        "training.open_ends": "job.no_end"
    }
    assert started(ctx, model, data, open_ends=True) == {}
    texts = tiny.add_dataset(ctx, [{"text": "A lamp is lit."}, {"text": "A kettle is hot."}], held_out=0)
    assert started(ctx, model, texts) == {}


@pytest.mark.parametrize("name", ["chatml", "vicuna"])
def test_templates_with_an_end_of_their_own_are_never_refused(ctx: Context, name: str) -> None:
    model, _ = base_with(ctx, name)
    assert started(ctx, model, tiny.add_dataset(ctx, ROWS, held_out=0), teach_end=False) == {}


@pytest.mark.parametrize(
    ("name", "wish", "refused"), [("chatml", "empty", True), ("qwen-3", "empty", False), ("chatml", "strip", False)]
)
def test_an_empty_thought_is_refused_where_the_template_knows_of_none(
    ctx: Context, name: str, wish: str, refused: bool
) -> None:
    model, _ = base_with(ctx, name)
    faults = started(ctx, model, tiny.add_dataset(ctx, ROWS, held_out=0), thinking=wish)
    assert {place: fault["code"] for place, fault in faults.items()} == (
        {"training.thinking": "job.no_thinking"} if refused else {}
    )
