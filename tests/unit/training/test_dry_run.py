"""A step on fake tensors holds, byte for byte, what the same step holds on real ones; formulas agree with it for real models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from benchmarks.dry_run import Step, estimated, held
from benchmarks.published import MODELS, with_layers
from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.training.calibration import dry_run
from engine.training.calibration.dry_run import Measured, measure
from engine.training.calibration.live_bytes import LiveBytes
from tests import methods, tiny
from tests.methods import Case

LENGTHS = [60, 100, 40, 110]  # three groups of at most 128 tokens, one of them of two examples
BUDGET = 128
TINY = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 512, "head_dim": 16, "pad_token_id": 0,
}  # fmt: skip
EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
DIFFERENT = {"", "dora", "pissa", "lora_fa", "lstm"}  # variants that hold something else than their method
NEARLY = {"p_tuning-lstm": 0.1}  # what an LSTM keeps is not seen from outside


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where methods may write what they begin with; the tokenizer of the tiny model."""
    return tiny.write_tokenizer(tmp_path_factory.mktemp("tiny"))


def settings(case: Case) -> tuple[Any, Any]:
    """The method's and the objective's settings."""
    return methods.settings_of(case.method, case.training, **case.values)


def on_fakes(config: Mapping[str, Any], case: Case, **options: Any) -> Measured:
    """The dry run."""
    values, training = settings(case)
    return measure(config, case.method, values, training, LENGTHS, budget=BUDGET, **options)


def on_numbers(config: Mapping[str, Any], case: Case, folder: Path, *, recompute: bool = False) -> LiveBytes:
    """The same step with real numbers, counted in the same way."""
    values, training = settings(case)
    base = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config), dtype=torch.float32)
    base.config.use_cache = False
    with LiveBytes(TINY["vocab_size"]) as count:
        count.count_as("weights", dry_run.tensors_of(base))
        count.kind = "adapter"
        model = case.method.apply(base, values, RunContext(1000, training, folder, folder))
        dry_run.settle(model, base, recompute)
        rows = [dry_run.example(length) for length in LENGTHS]
        dry_run.run_step(count, model, case.method, values, training, rows, BUDGET)
    return count


@pytest.mark.parametrize(
    "case",
    [one for one in methods.cases() if one.variant in DIFFERENT and not base_format(one.method.defaults).quantised],
    ids=str,
)  # those on a quantised base: test_half_precision.py
def test_a_step_of_every_method_holds_what_it_really_holds(case: Case, folder: Path) -> None:
    config = {"model_type": "llama", **TINY}
    found, real = on_fakes(config, case), on_numbers(config, case, folder)
    assert found.total_bytes == pytest.approx(real.peak, rel=NEARLY.get(str(case), 0.01))
    assert sum(found.parts.values()) == found.total_bytes


@pytest.mark.parametrize(
    ("family", "more"),
    [("qwen3_moe", EXPERTS), ("gemma2", {"query_pre_attn_scalar": 16}), ("gpt_neox", {}), ("phi3", {})],
    ids=["qwen3_moe", "gemma2", "gpt_neox", "phi3"],
)
def test_a_step_of_every_build_holds_what_it_really_holds(family: str, more: dict[str, Any], folder: Path) -> None:
    config, case = {"model_type": family, **TINY, **more}, Case(method_of("lora"))
    found, real = on_fakes(config, case), on_numbers(config, case, folder)
    assert found.total_bytes == pytest.approx(real.peak, rel=0.01)
    assert found.forward == ("padded" if family == "gemma2" else "packed")


def test_recomputing_holds_less_and_says_so_exactly(folder: Path) -> None:
    config, case = {"model_type": "llama", **TINY}, Case(method_of("lora"))
    found = on_fakes(config, case, recompute=True)
    assert found.total_bytes == pytest.approx(on_numbers(config, case, folder, recompute=True).peak, rel=0.01)
    assert found.total_bytes < on_fakes(config, case).total_bytes


def test_half_precision_halves_the_frozen_weights() -> None:
    config, case = {"model_type": "llama", **TINY}, Case(method_of("lora"))
    whole, half = on_fakes(config, case), on_fakes(config, case, precision="bf16")
    assert half.parts["weights"] == pytest.approx(whole.parts["weights"] / 2, rel=0.01)


def test_a_model_that_cannot_be_built_is_refused_with_the_reason() -> None:
    with pytest.raises(Fault, match=r"dry_run\.cannot"):
        on_fakes({"model_type": "llama", **TINY, "num_key_value_heads": 3}, Case(method_of("lora")))


def test_a_run_can_be_ended_from_outside() -> None:
    calls = iter(range(100))

    def after() -> None:
        if next(calls) == 50:
            raise Fault("dry_run.too_long", seconds=1)

    with pytest.raises(Fault, match=r"dry_run\.too_long"):
        on_fakes({"model_type": "llama", **TINY}, Case(method_of("lora")), after=after)


@pytest.mark.parametrize("name", MODELS)
def test_the_estimate_agrees_with_the_dry_run_at_real_widths(name: str) -> None:
    config = with_layers(MODELS[name], 2)
    step = Step("p_tuning_v2" if "num_experts" in config else "lora", tokens=512)
    assert estimated(config, step) == pytest.approx(held(config, step)[0], rel=0.1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_gpu_holds_what_the_dry_run_says(tmp_path: Path) -> None:
    from engine.training.forward.forward import Packed

    config, method = with_layers(MODELS["Qwen2.5 7B"], 4), method_of("lora")
    values, training = methods.settings_of(method)
    found = measure(config, method, values, training, [512, 512], "bf16")
    torch.cuda.reset_peak_memory_stats()
    base = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config), dtype=torch.bfloat16).to("cuda")
    model = method.apply(base, values, RunContext(1000, training, tmp_path)).train()
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], fused=True)
    forward, group = Packed(model), [dry_run.example(512), dry_run.example(512)]
    for _step in range(2):
        with forward.session(group), torch.autocast("cuda", torch.bfloat16):
            loss = forward.cross_entropy(group)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert torch.cuda.max_memory_allocated() == pytest.approx(found.total_bytes, rel=0.15)
