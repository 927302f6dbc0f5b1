"""Which attention runs where: the declared table, what plans count by it, and that training is held to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers.integrations import sdpa_attention

from benchmarks.dry_run import Step, estimated, held
from benchmarks.published import MODELS, with_layers
from engine.core.hardware import Device, cpu
from engine.core.params import read_all
from engine.core.text import catalogue
from engine.devices import kind_of, precision_for
from engine.devices.attention import EFFICIENT, FLASH, PROCESSOR, WRITTEN, cuda_attention
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.planner.budget.catalogue import CATALOGUE, device_of
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.peak_phases import StepMeasures
from engine.planner.memory.workload import Workload
from engine.training.forward import segments
from engine.training.forward.kernels import hold_attention, repeating

LLAMA = MODELS["Llama 3 8B"]


def card(major: int, minor: int) -> Device:
    return Device("cuda:0", "A card", 16_000, 16_000, bf16=major >= 8, capability=(major, minor))


def work(config: Any, device: Device, method: str = "lora", tokens: int = 1024, longest: int = 512) -> Workload:
    chosen = method_of(method)
    values = read_all(chosen.params, {}, "method")[0]
    return Workload(shape_of(config), chosen, values, precision_for(device), device, tokens, longest=longest)


def attention_of(some: Workload) -> Any:
    return StepMeasures(some, some.footprint).attention


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize(
    ("capability", "dtype", "width", "masked", "kernel"),
    [
        ((8, 0), "bf16", 128, False, FLASH),
        ((8, 6), "bf16", 128, True, EFFICIENT),  # flash takes no mask
        ((8, 9), "bf16", 256, False, FLASH),
        ((8, 9), "bf16", 208, False, EFFICIENT),  # no backward pass of flash for such widths there
        ((8, 0), "bf16", 208, False, FLASH),
        ((12, 0), "bf16", 208, False, EFFICIENT),
        ((8, 0), "bf16", 512, False, EFFICIENT),
        ((8, 0), "fp32", 128, False, EFFICIENT),
        ((8, 0), "bf16", 100, True, WRITTEN),  # loads eight numbers at a time
        ((7, 5), "fp16", 128, False, EFFICIENT),
        ((7, 0), "fp16", 100, False, WRITTEN),
        ((7, 5), "bf16", 128, False, WRITTEN),
        ((6, 0), "fp16", 100, False, EFFICIENT),  # without such units
        ((3, 5), "fp16", 64, False, WRITTEN),
    ],
)
def test_the_kernel_is_the_first_that_takes_it(
    capability: tuple[int, int], dtype: str, width: int, masked: bool, kernel: Any
) -> None:
    assert cuda_attention(card(*capability), dtype, width, masked=masked) is kernel


def test_every_device_and_every_name_is_told() -> None:
    assert kind_of(cpu()).attention(cpu(), "fp32", 64, masked=True) is PROCESSOR
    names = {one.key for one in (FLASH, EFFICIENT, WRITTEN, PROCESSOR)}
    for name in (*names, *(f"{one}_repeated" for one in names - {"flash"})):
        assert all(f"plan.attention.{name}" in catalogue(language) for language in ("en", "zh"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("width", [64, 128, 208, 256])
def test_torch_chooses_the_kernel_of_the_table(width: int, masked: bool) -> None:
    from torch.nn.attention import SDPBackend

    capability = torch.cuda.get_device_capability()
    dtype, number = ("bf16", torch.bfloat16) if capability >= (8, 0) else ("fp16", torch.float16)
    kernel = cuda_attention(card(*capability), dtype, width, masked=masked)
    hold_attention(card(*capability), dtype, width)
    query = torch.empty(1, 8, 128, width, dtype=number, device="cuda", requires_grad=True)
    mask = torch.ones(1, 1, 128, 128, dtype=torch.bool, device="cuda") if masked else None
    chosen = torch._fused_sdp_choice(query, query, query, mask, 0.0, not masked)
    wanted = {FLASH: SDPBackend.FLASH_ATTENTION, EFFICIENT: SDPBackend.EFFICIENT_ATTENTION, WRITTEN: SDPBackend.MATH}
    assert chosen == wanted[kernel].value


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize(
    ("device", "method", "code"),
    [
        (card(8, 6), "lora", "attention.flash"),
        (card(8, 6), "prefix_tuning", "attention.efficient_repeated"),
        (card(7, 5), "lora", "attention.efficient_repeated"),
        (card(6, 0), "lora", "attention.efficient_repeated"),
        (cpu(), "lora", "attention.processor"),
        (cpu(), "prefix_tuning", "attention.processor_repeated"),
    ],
)
def test_plans_say_which_attention_runs(device: Device, method: str, code: str) -> None:
    assert attention_of(work(LLAMA, device, method)).message() == {"code": code, "params": {}}


def test_what_is_repeated_is_counted() -> None:
    """Llama 3 8B has 32 query heads and 8 of keys and values, 128 wide: 24 more of each, in two bytes."""
    old, new = (attention_of(work(LLAMA, device)).bytes for device in (card(7, 5), card(8, 6)))
    assert (old, new) == (2 * 2 * 24 * 128, 0)
    alike = {**LLAMA, "num_key_value_heads": 32}
    assert attention_of(work(alike, card(7, 5))).bytes == 0
    assert attention_of(work(alike, card(7, 5))).message()["code"] == "attention.efficient"


def test_scores_that_are_written_down_are_counted() -> None:
    odd = {**LLAMA, "head_dim": 100}
    short, long = (work(odd, card(7, 5), tokens=2048, longest=longest) for longest in (512, 2048))
    assert attention_of(short).message()["code"] == "attention.written_repeated"
    assert attention_of(long).bytes - attention_of(short).bytes == 4 * 32 * (2048 - 512)
    assert total_mb(long) > total_mb(short)
    eager = work(MODELS["Gemma 2 2B"], card(7, 5))
    assert attention_of(eager).message()["code"] == "attention.written"
    assert attention_of(eager).bytes == 0  # counted with the family


def test_a_step_with_repeated_heads_holds_what_the_plan_says() -> None:
    config, step = with_layers(LLAMA, 2), Step("lora", "fp16", 512)
    assert estimated(config, step) == pytest.approx(held(config, step)[0], rel=0.05)


@pytest.mark.parametrize("name", ["Llama 3 8B", "Qwen3 8B", "Mistral 7B"])
def test_eight_billion_parameters_in_four_bits_fit_eight_gigabytes(name: str) -> None:
    """At 512 tokens, with recomputation and AdamW, beside what a desktop takes of the card."""
    from engine.base_formats.nf4 import NF4
    from engine.planner.memory.verdict import arrange

    cards = [entry for entry in CATALOGUE if entry.tflops and 8_000 <= entry.memory_mb <= 8_600]
    assert len(cards) >= 6
    for entry in cards:
        asked = replace(work(MODELS[name], device_of(entry.key), longest=512), base_format=NF4)
        found = arrange(asked, 512, 8 * 512, "auto", entry.memory_mb)
        assert total_mb(found) + 1000 < entry.memory_mb, (entry.key, total_mb(found))


# ---------------------------------------------------------------- training


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, bool]]]:
    """(heads of keys, whether torch is asked to share them) of each call of torch's attention; set back afterwards."""
    seen: list[tuple[int, bool]] = []
    plain = torch.nn.functional.scaled_dot_product_attention

    def look(query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
        seen.append((key.shape[1], bool(options.get("enable_gqa"))))
        return plain(query, key, value, **options)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", look)
    monkeypatch.setattr(sdpa_attention, "use_gqa_in_sdpa", sdpa_attention.use_gqa_in_sdpa)
    yield seen
    torch.backends.cuda.enable_cudnn_sdp(True)


def attend() -> list[Tensor]:
    """One pass with four query heads for each two of keys: plain, and two packed examples."""
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, count, 6, 16) for count in (4, 2, 2))
    module = SimpleNamespace(num_key_value_groups=2, is_causal=True)
    plain = sdpa_attention.sdpa_attention_forward(module, query, key, value, None)[0]  # type: ignore[arg-type]
    with segments.segments(
        SimpleNamespace(_attn_implementation="sdpa"), [segments.Run(0, (2,)), segments.Run(0, (4,))]
    ):
        packed = segments._attention(module, query, key, value, None)[0]
    return [plain, packed]


@pytest.mark.parametrize(("device", "dtype", "shared"), [(card(7, 5), "fp16", False), (card(8, 6), "bf16", True)])
def test_training_hands_on_what_the_kernel_takes(
    heads: list[tuple[int, bool]], device: Device, dtype: str, shared: bool
) -> None:
    hold_attention(device, dtype, 128)
    attend()
    assert heads == [(2, True) if shared else (4, False)] * 3
    assert not torch.backends.cuda.cudnn_sdp_enabled()


def test_repeating_changes_no_number_and_ends(heads: list[tuple[int, bool]]) -> None:
    hold_attention(card(8, 6), "bf16", 128)
    before = attend()
    with repeating(True):
        within = attend()
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(before, within, strict=True))
    heads.clear()
    attend()
    assert heads == [(2, True)] * 3
