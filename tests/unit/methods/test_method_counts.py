"""The formulas are exact whatever a family calls its layers, and what cannot work is refused with a reason."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.text import catalogue
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method, RunContext
from engine.methods.common.refusals import refused
from engine.models.architecture.shape import shape_of
from engine.services.jobs import lifecycle
from engine.services.planning import estimates
from tests import methods, tiny, workers
from tests.zoo import build, named, representatives

_SIZES = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 16,
    "num_key_value_heads": 2, "vocab_size": tiny.VOCABULARY, "max_position_embeddings": 64,
}  # fmt: skip
_OTHERS: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 64, "vocab_size": tiny.VOCABULARY},
    "gpt_neox": {key: size for key, size in _SIZES.items() if key not in ("head_dim", "num_key_value_heads")},
    "phi3": {**_SIZES, "pad_token_id": 2},
}
FAMILIES = ("llama", "gpt_neox", "gpt2", "qwen2", "qwen3", "gemma2", "phi3")
EVERY_FAMILY = [*FAMILIES, *(pytest.param(model.key, marks=pytest.mark.zoo) for model in representatives())]


@cache
def config(family: str) -> Any:
    if family not in FAMILIES:
        return build.config_of(named(family))
    return AutoConfig.for_model(family, **_OTHERS.get(family, _SIZES))


def model(family: str) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config(family))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.mark.parametrize("family", EVERY_FAMILY)
@pytest.mark.parametrize("method", [m for m in METHODS if m.capabilities.trains], ids=lambda m: m.key)
def test_trained_numbers_are_counted_from_the_config_alone(
    method: Method, family: str, tmp_path: Path, tokenizer: Path
) -> None:
    plain = model(family)
    shape = shape_of(config(family).to_dict(), sum(p.numel() for p in plain.parameters()))
    values, training = methods.settings_of(method)
    if reasons := refused(method, shape, values, training, 8):
        assert all(f"error.{fault['code']}" in catalogue("en") for fault in reasons.values())
        pytest.skip(str(reasons))
    tuned = method.apply(plain, values, RunContext(8, training, tmp_path, tokenizer))
    trained = sum(p.numel() for p in tuned.parameters() if p.requires_grad)
    assert method.trainable(shape, values) == trained


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)
def test_every_capability_that_is_missing_says_why(method: Method) -> None:
    can = method.capabilities
    missing = {name for name in can.__annotations__ if name != "why_not" and not getattr(can, name)}
    assert missing <= can.why_not.keys()
    assert all(text.in_("en") and text.in_("zh") for text in can.why_not.values())
    assert method.learn is not None


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)
def test_its_variants_are_settings_that_a_form_takes(method: Method) -> None:
    for variant in method.variants:
        values, _training = methods.settings_of(method, dict(variant.training), **variant.values)
        assert values | dict(variant.values) == values
        assert variant.label.in_("zh")
        assert variant.tagline.in_("zh")


# ---------------------------------------------------------------- refusals

LLAMA = {"model_type": "llama", **_SIZES}
_REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("lora", {"start": "pissa"}, {"quantisation": "nf4"}, "method.start", "lora.start_quantised"),
    ("lora", {"start": "olora", "dora": True}, {}, "method.start", "lora.start_dora"),
    ("lora", {"start": "pissa", "rank": 33}, {}, "method.rank", "lora.start_rank"),
    ("lora", {"dora": True}, {"quantisation": "int8"}, "training.quantisation", "lora.dora_int8"),
    ("lora", {"updates": "b_only", "dora": True}, {}, "method.updates", "lora.b_only_dora"),
    ("lora", {"updates": "b_only"}, {"optimizer": "sgd"}, "training.optimizer", "lora.b_only_optimizer"),
    ("adalora", {"target_rank": 12}, {}, "method.start_rank", "adalora.ranks"),
    ("oft", {"block": 24}, {}, "method.block", "oft.block"),
]


@pytest.mark.parametrize(("key", "values", "training", "place", "code"), _REFUSED)
def test_what_cannot_work_is_refused_where_it_was_chosen(
    key: str, values: dict[str, Any], training: dict[str, Any], place: str, code: str
) -> None:
    method = method_of(key)
    faults = refused(method, shape_of(LLAMA), *methods.settings_of(method, training, **values))
    assert {where: fault["code"] for where, fault in faults.items()} == {place: code}
    text = catalogue("en")[f"error.{code}"].format(**faults[place]["params"])
    assert "{" not in text


def test_the_nearest_block_that_fits_is_named() -> None:
    method = method_of("oft")
    faults = refused(method, shape_of(LLAMA), *methods.settings_of(method, block=24))
    assert faults["method.block"]["params"]["nearest"] == 16


def test_layers_that_the_family_does_not_have_are_refused() -> None:
    shape = shape_of(config("gpt_neox").to_dict())
    for key in ("lora", "adalora", "oft", "vera"):
        method = method_of(key)
        faults = refused(method, shape, *methods.settings_of(method, modules=["q_proj"]))
        assert faults["method.modules"]["code"] == "method.no_such_layers"
        assert refused(method, shape, *methods.settings_of(method)) == {}


def test_nothing_is_queued_or_planned_that_cannot_work(ctx: Context) -> None:
    model_id, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx)
    with pytest.raises(SpecError) as start:
        workers.queue(ctx, model_id, dataset, method="oft", method_params={"block": 24})
    assert start.value.faults["method.block"]["code"] == "oft.block"
    with pytest.raises(SpecError) as short:
        workers.queue(ctx, model_id, dataset, method="adalora", training={"epochs": 1})
    assert short.value.faults["training.epochs"]["params"] == {"steps": 3, "least": 8}
    with pytest.raises(SpecError):
        estimates.plan(
            ctx, {"base_model": model_id, "dataset": dataset, "method": "oft", "method_params": {"block": 24}}
        )
    assert lifecycle.list_jobs(ctx) == []


def test_adalora_refuses_a_run_that_turned_out_too_short(tmp_path: Path) -> None:
    values, training = methods.settings_of(method_of("adalora"))
    with pytest.raises(Fault) as fault:
        method_of("adalora").apply(model("llama"), values, RunContext(7, training, tmp_path))
    assert fault.value.code == "adalora.too_short"
