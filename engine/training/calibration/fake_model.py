"""Models whose tensors have sizes but no numbers, on which the engine's own code runs unchanged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from peft import peft_model
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForCausalLM, masking_utils

from engine.base_formats import base_format
from engine.methods.common.declaration import Method
from engine.models.base.sound_config import sound_settings
from engine.optimizers.trained_format import trained_format
from engine.training.calibration.fake_quantised import packed, replace_linears


class _Fake(FakeTensorMode):
    """Without a memory of its tensors: `Module.to` swaps parameters, and can do so only where nothing else knows them."""

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=True)
        self.fake_tensor_converter.set_tensor_memo = _forget  # type: ignore[method-assign]

    def __deepcopy__(self, memo: dict[int, Any]) -> _Fake:
        return self  # a copied parameter stays among the others


def _forget(_meta: Tensor, _fake: Tensor) -> None:
    """Keeps nothing."""


@contextmanager
def fake_tensors() -> Iterator[None]:
    """Within it, tensors are made without numbers, and libraries treat them as they treat real ones."""
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, torch.utils, "swap_tensors", torch.utils.swap_tensors)
        stack.callback(setattr, masking_utils, "is_tracing", masking_utils.is_tracing)
        torch.utils.swap_tensors = _swap_if_other(torch.utils.swap_tensors)
        masking_utils.is_tracing = _never  # it would make masks that a real step does without
        stack.callback(setattr, peft_model, "safe_save_file", peft_model.safe_save_file)
        peft_model.safe_save_file = _write_nothing  # some adapters keep where they started
        stack.callback(setattr, torch, "is_autocast_enabled", torch.is_autocast_enabled)
        torch.is_autocast_enabled = _asks_for_the_processor(torch.is_autocast_enabled)
        stack.enter_context(_Fake())
        yield


def _write_nothing(*_tensors: Any, **_options: Any) -> None:
    """There are no numbers to write."""


def _asks_for_the_processor(asked: Any) -> Any:
    """Who asks without a device means a GPU; here the processor stands for one."""

    def whether(device: str = "cpu") -> bool:
        return bool(asked(device))

    return whether


def _never(_tensor: Any = None) -> bool:
    return False


def _swap_if_other(swap: Any) -> Any:
    """Moving a module to the device where it is swaps nothing; torch refuses to swap fake parameters at times."""

    def swapped(old: Tensor, new: Tensor) -> None:
        if old.untyped_storage()._cdata != new.untyped_storage()._cdata:
            swap(old, new)

    return swapped


def fake_model(config: Mapping[str, Any], dtype: torch.dtype, quantisation: Any = None) -> Any:
    """The model of config.json as `load_base` leaves it, without numbers. Call it within `fake_tensors`.

    Args:
        quantisation: of transformers' `from_pretrained`; None for the model's own weights.
    """
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**sound_settings(config)), dtype=dtype)
    if quantisation is not None:
        replace_linears(model, quantisation)
    fakes: dict[int, nn.Parameter] = {}  # tied weights stay one
    for module in model.modules():
        small = packed(module, dtype)
        for name, one in module._parameters.items():
            if one is not None:
                if id(one) not in fakes:
                    kind = dtype if small is not None else one.dtype
                    fakes[id(one)] = nn.Parameter(torch.empty(one.shape, dtype=kind))
                module._parameters[name] = fakes[id(one)]
        if small is not None:
            module._parameters["weight"] = small
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)
    model.config.use_cache = False
    return model.requires_grad_(False) if quantisation is not None else model


def fake_base(config: Mapping[str, Any], method: Method, training: Mapping[str, Any], half: torch.dtype) -> Any:
    """The base model in the format in which the job loads it."""
    packing = base_format(training).packing
    found = packing.config(half, bool(training["double_quantisation"])) if packing else None
    whole = method.trains_base and not trained_format(training).rounded
    return fake_model(config, torch.float32 if whole else half, found)
