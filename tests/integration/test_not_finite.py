"""A loss that is no number names its cause: real jobs and real tiny models, each with one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from sqlalchemy import select
from tokenizers import Tokenizer

from engine.core.context import Context
from engine.core.hardware import Precision
from engine.evaluation import sampling
from engine.training.loop import inputs as inputs_module
from engine.training.loop import not_finite, ready
from engine.training.loop.trainer import StepTrainer
from storage.job_tables import Job
from storage.tables import LanguageModel
from tests import tiny
from tests.model_files import take_as_it_is
from tests.training_jobs import train, tuned
from webui.i18n import message

pytestmark = pytest.mark.slow

ROWS = 20
SPECIAL_ID = 2


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample answers are not what is looked at."""
    monkeypatch.setattr(sampling, "NEW_TOKENS", 2)


def change(ctx: Context, edit: Callable[[dict[str, torch.Tensor]], None], **config: Any) -> None:
    """Something else in the base's weights, or in its config.json."""
    folder: Path = ctx.settings.home / "models" / "tiny" / "weights"
    tensors = load_file(folder / "model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    with ctx.db.read() as s:
        models = list(s.scalars(select(LanguageModel.id)))
    for model in models:
        take_as_it_is(ctx, model)


def token(word: str) -> int:
    """A token that only rows with this word have."""
    ids = Tokenizer.from_str(tiny.tokenizer_json()).encode(f" {word}").ids
    return int(ids[0])


def rows_with(word: str, *places: int) -> list[dict[str, Any]]:
    """Rows about one thing, and at these places, counted from 1, rows with another word."""
    return [
        {
            "messages": [
                {"role": "user", "content": f"Tell me about the {word if number in places else 'kettle'}."},
                {"role": "assistant", "content": "The kettle is copper."},
            ]
        }
        for number in range(1, ROWS + 1)
    ]


def failed(job: Job, code: str) -> dict[str, Any]:
    assert (job.status, job.error["code"]) == ("failed", code), job.error
    for language in ("en", "zh"):
        said = message(language, code, job.error["params"])
        assert "{" not in said, "every placeholder is filled"
    params: dict[str, Any] = job.error["params"]
    return params


@pytest.mark.parametrize("method", ["lora", "full", "prompt_tuning", "few_shot"])
def test_the_base_holds_no_numbers(ctx: Context, method: str) -> None:
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx)

    def edit(tensors: dict[str, torch.Tensor]) -> None:
        tensors["model.layers.1.mlp.down_proj.weight"][0] = float("nan")

    change(ctx, edit)
    job = train(ctx, inputs, method=method)
    told = failed(job, "training.nan_base")
    assert told == {"step": 0, "tensor": "model.layers.1.mlp.down_proj.weight"}
    assert tuned(ctx, job.id) is None


@pytest.mark.parametrize("held_out", [0, 4])
def test_a_token_of_zeros(ctx: Context, held_out: int) -> None:
    """Without a floor below, the norm of zeros is no number; before the first step, or in it."""
    dataset = tiny.add_dataset(ctx, rows_with("falcon", 2, 7, 19), held_out=held_out)
    inputs = tiny.add_model(ctx, tied=False), dataset

    def edit(tensors: dict[str, torch.Tensor]) -> None:
        weight = tensors["model.embed_tokens.weight"]
        weight[SPECIAL_ID] = weight[0]  # a random model has zeros for the token that fills up
        weight[token("falcon")] = 0.0

    change(ctx, edit, rms_norm_eps=0.0)
    told = failed(train(ctx, inputs), "training.nan_embedding")
    assert told["tokens"] == "falcon"


@pytest.mark.parametrize(("place", "held_out"), [(13, 0), (19, 4)])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_one_row_is_named(ctx: Context, place: int, held_out: int, method: str) -> None:
    """Its token is so large that a norm overflows, in whatever format."""
    inputs = (
        tiny.add_model(ctx, family="gpt_neox", tied=False),
        tiny.add_dataset(ctx, rows_with("falcon", place), held_out=held_out),
    )

    def edit(tensors: dict[str, torch.Tensor]) -> None:
        tensors["gpt_neox.embed_in.weight"][token("falcon")] = 3e38

    change(ctx, edit)
    told = failed(train(ctx, inputs, method=method), "training.nan_row")
    assert told["row"] == place
    assert "ten times" not in message("en", "training.nan_row", told)


@pytest.mark.parametrize("method", ["lora", "full", "freeze", "ladder", "diff_pruning"])
def test_a_row_that_comes_late_is_not_the_learning_rates_fault(ctx: Context, method: str) -> None:
    """The weights have moved by then, whether the method can be switched off or not."""
    inputs = (
        tiny.add_model(ctx, family="gpt_neox", tied=False),
        tiny.add_dataset(ctx, rows_with("falcon", 5), held_out=0),
    )
    change(ctx, lambda tensors: tensors["gpt_neox.embed_in.weight"][token("falcon")].fill_(3e38))
    told = failed(train(ctx, inputs, method=method, training={"batch_size": 2}), "training.nan_row")
    assert told == {"step": 8, "row": 5}


def test_the_base_gives_no_number_for_any_row(ctx: Context) -> None:
    inputs = tiny.add_model(ctx, family="gpt_neox", tied=False), tiny.add_dataset(ctx)

    change(ctx, lambda tensors: tensors["gpt_neox.embed_in.weight"].fill_(3e38))
    failed(train(ctx, inputs), "training.nan_untouched")


@pytest.mark.parametrize(("method", "code"), [("lora", "training.nan_rate"), ("full", "training.nan_rate_grew")])
def test_the_learning_rate(ctx: Context, method: str, code: str) -> None:
    """Each step multiplies the weights by minus nine; where the head is among them, the loss grows with it."""
    inputs = tiny.add_model(ctx, tied=False), tiny.add_dataset(ctx, held_out=0)
    training = {"learning_rate": 10.0, "weight_decay": 1.0, "warmup": 0.0, "epochs": 40, "schedule": "constant"}
    told = failed(train(ctx, inputs, method=method, training=training | {"evaluations": 0}), code)
    assert told.get("high", 1) > told.get("low", 0)
    assert (told["learning_rate"], told["lower"]) == (10.0, 1.0)
    assert told["step"] > 2


def test_a_number_format_that_is_too_narrow(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base in fp16, as on a GPU without bf16; the processor calculates with it in that format."""
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx)
    change(ctx, lambda tensors: tensors["model.layers.0.mlp.down_proj.weight"].fill_(6e4))
    made = ready.training_arguments
    monkeypatch.setattr(inputs_module, "precision_for", lambda _device: Precision("fp16", False, "-"))
    monkeypatch.setattr(ready, "training_arguments", lambda *given, **more: made(*given, **more | {"dtype": "fp32"}))
    told = failed(train(ctx, inputs), "training.nan_format")
    assert told["dtype"] == "fp16"
    monkeypatch.undo()
    assert train(ctx, inputs).status == "succeeded"


def test_a_cause_that_nobody_finds_is_not_made_up(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first step, with sound weights and rows: no learning rate has done anything yet."""
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, held_out=0)
    monkeypatch.setattr(StepTrainer, "_backward", lambda *_: torch.tensor(float("nan")))
    told = failed(train(ctx, inputs), "training.nan_unknown")
    assert told == {"step": 1}


def test_a_search_that_fails_does_not_hide_the_fault(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_folder: Path) -> None:
        raise MemoryError

    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, held_out=0)
    monkeypatch.setattr(StepTrainer, "_backward", lambda *_: torch.tensor(float("nan")))
    monkeypatch.setattr(not_finite, "broken_tensor", broken)
    failed(train(ctx, inputs), "training.nan")
