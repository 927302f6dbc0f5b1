"""What full fine-tuning of a base in 16 bits leaves: a model in the base's own format, and checkpoints that stay exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from engine.core.context import Context
from engine.data.templates.template import ChatTemplate
from engine.methods import method_of
from engine.models.architecture.told_format import told_format
from engine.models.base.number_formats import stored_format
from engine.services.models import tuned as service
from engine.training.loop.result import round_as_stored
from storage.tables import LanguageModel
from tests import workers
from tests.homes import new_home
from tests.tiny import add_dataset
from tests.training_jobs import kept, loss_of_tuned, train, tuned
from tests.zoo.keeper import ZooKeeper
from tests.zoo.lessons import rows

pytestmark = pytest.mark.slow
QUICK = {"epochs": 1, "batch_size": 4, "evaluations": 1, "learning_rate": 1e-3}


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    opened = new_home(tmp_path / "home")
    yield opened
    opened.db.close()


def inputs(ctx: Context, zoo: ZooKeeper, key: str) -> tuple[int, int]:
    return zoo.add_to(ctx, key), add_dataset(ctx, [*rows(new=True), *rows(new=False)])


@pytest.mark.parametrize(("key", "own"), [("qwen-2.5", "bf16"), ("llama-2", "fp16"), ("gpt-2", "fp32")])
def test_the_model_is_stored_as_its_base_and_the_checkpoint_in_full(
    zoo: ZooKeeper, ctx: Context, key: str, own: str
) -> None:
    """Llama 2's generation config is one that transformers refuses to save, and its weights lie in several files."""
    base = inputs(ctx, zoo, key)
    job = train(ctx, base, method="full", training=QUICK)
    assert job.status == "succeeded", job.error
    made = tuned(ctx, job.id)
    assert made is not None
    folder = ctx.settings.absolute(made.path)
    assert (stored_format(zoo.folder(key)), stored_format(folder)) == (own, own)
    assert AutoModelForCausalLM.from_pretrained(folder).dtype == getattr(torch, json.loads((folder / "config.json").read_text())["dtype"])  # fmt: skip
    trained = load_file(ctx.settings.absolute(kept(ctx, job.id)[-1].path) / "trained.safetensors")
    stored = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in trained.values()} == {torch.float32}
    assert all(
        torch.equal(trained[name].to(tensor.dtype), tensor) for name, tensor in stored.items() if name in trained
    )
    with ctx.db.read() as s:
        row = s.get_one(LanguageModel, base[0])
        template = ChatTemplate.load(ctx.settings.absolute(str(row.tokenizer_path)))
    assert told_format(row.config) == own
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == template.eos_ids
    codes = workers.event_codes(ctx, job.id)
    assert ("stored_rounded" in codes, "generation_mended" in codes) == (own != "fp32", key == "llama-2")
    assert abs(loss_of_tuned(ctx, job, made) - made.metrics["val_loss"]) < 0.02
    assert service.tuned_view(ctx, made.id)["export_needs"]["whole"]["disk_bytes"] == 2 * made.bytes


def test_a_model_that_its_bases_format_does_not_hold_is_stored_in_full(
    zoo: ZooKeeper, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("weights", "result"):
        monkeypatch.setattr(f"engine.training.loop.{place}.fitting", lambda _model, _format: "fp32")
    job = train(ctx, inputs(ctx, zoo, "llama-2"), method="full", training=QUICK)
    made = tuned(ctx, job.id)
    assert made is not None
    assert stored_format(ctx.settings.absolute(made.path)) == "fp32"
    assert "stored_wide" in workers.event_codes(ctx, job.id)


def test_scored_answers_come_from_the_numbers_that_are_stored(zoo: ZooKeeper) -> None:
    model = AutoModelForCausalLM.from_pretrained(zoo.folder("qwen-2.5"), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.001)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    told = Mock()
    round_as_stored(told, model, method_of("lora"), zoo.folder("qwen-2.5"))
    assert not told.method_calls
    assert all(torch.equal(before[name], parameter) for name, parameter in model.named_parameters())
    round_as_stored(told, model, method_of("full"), zoo.folder("qwen-2.5"))
    assert all(torch.equal(before[name].bfloat16().float(), parameter) for name, parameter in model.named_parameters())
