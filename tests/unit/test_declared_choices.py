"""Every optimizer, format of the base and kind of device: whole, usable, and explained in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from engine.base_formats import BASE_FORMATS, base_format, base_format_of
from engine.base_formats.declaration import BaseFormat
from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.core.text import LANGUAGES, Text, catalogue
from engine.devices import DEVICE_KINDS, kind_for_torch, kind_named, kind_of, process_limit
from engine.devices.declaration import DeviceKind
from engine.methods.common.shape import ModelShape
from engine.objectives.sft import SFT
from engine.optimizers import OPTIMIZERS, optimizer_of
from engine.optimizers.declaration import Optimizer
from engine.optimizers.offload import OFFLOADS
from engine.optimizers.trained_format import TRAINED_FORMATS
from engine.planner.budget.catalogue import CATALOGUE
from engine.services.planning import plan_search

SMALL = ModelShape(576, 1536, 30, 9, 3, 64, 49152, tied=True, parameters=134_515_008)


def _whole(*texts: Text) -> bool:
    return all(text.in_(language).strip() for text in texts for language in LANGUAGES)


def _param(key: str) -> Any:
    return next(param for param in SFT.params if param.key == key)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda one: one.key)
def test_an_optimizer_is_whole_and_takes_a_step(optimizer: Optimizer) -> None:
    assert optimizer_of(optimizer.key) is optimizer
    assert _whole(optimizer.label, optimizer.help)
    chosen, options = optimizer.make()
    weights = torch.nn.Parameter(torch.ones(64, 128))
    weights.grad = torch.ones(64, 128)
    made = chosen([weights], **{"lr": 0.1, **options})  # type: ignore[call-arg]
    made.step()
    assert bool((weights < 1).all())
    kept = {key: one for held in made.state.values() for key, one in held.items() if torch.is_tensor(one) and one.dim()}
    own = [one for key, one in kept.items() if not key.startswith("qmap")]  # a table that all tensors share
    state = sum(one.numel() * one.element_size() for one in own)
    assert optimizer.state(64 * 128, 64).bytes == pytest.approx(state, rel=0.4)
    assert optimizer.state_in(2, 64 * 128, 64).bytes <= optimizer.state(64 * 128, 64).bytes
    assert sum(one.numel() for one in own if one.dtype == torch.float32 and one.shape == weights.shape) == (
        optimizer.moments * 64 * 128
    )
    assert (state == 0) == (optimizer.stored == 0)
    assert optimizer.stored_bytes(4) * 64 * 128 == pytest.approx(state, rel=0.02) or optimizer.stored == 0.02
    assert all(optimizer.moved(kind) > 0 and optimizer.copies(kind) >= 0 for kind in DEVICE_KINDS)
    assert optimizer.source
    choice = _param("optimizer")
    assert choice.choices[optimizer.key] is optimizer.label
    assert optimizer.help.in_("en") in choice.help.in_("en")
    assert optimizer.help.in_("zh") in choice.help.in_("zh")


@pytest.mark.parametrize("held", BASE_FORMATS, ids=lambda one: one.key)
def test_a_format_of_the_base_is_whole_and_configures_its_library(held: BaseFormat) -> None:
    assert base_format_of(held.key) is base_format({"quantisation": held.key}) is held
    assert _whole(held.label, held.help)
    assert held.help.in_("en") in _param("quantisation").help.in_("en")
    if held.packing is None:
        assert (held.bits, held.weight_bytes(2), held.scales(SMALL, True).bytes) == (None, 2, 0.0)
        return
    assert held.weight_bytes(2) * 8 == held.bits
    assert held.packing.config(torch.float32, True).quantization_method() in ("llm_int8", "nf4", "fp4")
    one, other = held.scales(SMALL, True).bytes, held.scales(SMALL, False).bytes
    assert (one < other) if held.takes_double else (one == other)
    assert held.packing.source
    if held.answering:
        assert base_format_of(held.answering.key).answering == held.answering


@pytest.mark.parametrize("kind", DEVICE_KINDS, ids=lambda one: one.key)
def test_a_kind_of_device_is_whole(kind: DeviceKind) -> None:
    assert _whole(kind.label, kind.place)
    assert torch.device(kind.torch_name).type == kind.torch_type
    assert kind_for_torch(kind.torch_type) is kind
    assert all(kind_of(device) is kind and kind.names(device.key) for device in kind.find())
    device = Device(f"{kind.key}:0" if kind.several else kind.key, "one", 16_000, 16_000, bf16=True, cores=2)
    assert kind_named(device.key) is kind_of(device) is kind
    assert min(vars(kind.rates(device)).values()) > 0
    assert kind.precision(device).dtype in ("fp32", "bf16", "fp16")
    assert process_limit(device, 500) == (None if kind.memory else 500)
    for entry in (*OPTIMIZERS, *BASE_FORMATS, *TRAINED_FORMATS, *OFFLOADS):
        reason = entry.not_on(kind)
        assert reason is None or _whole(reason)


def test_the_catalogue_reaches_pages_as_json_with_its_headings() -> None:
    shown = plan_search.catalogue()
    assert json.loads(json.dumps(shown)) != []
    assert len(shown) == len(CATALOGUE)
    texts = catalogue("en")
    assert {f"train.shelf.{one['kind']}.{one['group']}" for one in shown} <= texts.keys()


def test_what_is_not_declared_is_refused_by_name() -> None:
    for ask, code in ((optimizer_of, "optimizer.unknown"), (base_format_of, "base_format.unknown")):
        with pytest.raises(Fault) as refused:
            ask("nothing")
        assert refused.value.code == code
    with pytest.raises(Fault, match=r"device\.unknown_kind"):
        kind_of(Device("xpu:0", "card", 1, 1, bf16=False))
    assert kind_named("data") is None
    assert base_format({}) is BASE_FORMATS[0]
