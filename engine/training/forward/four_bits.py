"""A base in few bits: its weights stay as they were stored, and nothing else stays."""

from __future__ import annotations

from torch import nn

from engine.devices import kind_for_torch
from engine.training.limits.memory_use import give_back


def keep_layout(model: nn.Module) -> None:
    """Stop bitsandbytes from repacking 4-bit weights at the first pass without gradients.

    It does so on processors with AVX512-BF16, and then calculates otherwise than before: no gradient goes through the packed
    form, so training after an evaluation would be silently wrong, and the modules of an adapter on the base would no
    longer understand the weights that they share (bitsandbytes 0.50.2, `Linear4bit.forward` and `matmul_4bit`).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def leave_file(model: nn.Module) -> None:
    """Copy what is not quantised out of the mapped file: one tensor in it keeps every page that was read in memory.

    Measured with SmolLM2-135M: 714 MB of the process instead of 1,108.
    """
    for parameter in model.parameters():
        if parameter.is_floating_point() and kind_for_torch(parameter.device.type).memory is None:
            parameter.data = parameter.data.clone()
    give_back()
