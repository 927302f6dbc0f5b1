"""4-bit weights stay as they were stored."""

from __future__ import annotations

from torch import nn


def keep_layout(model: nn.Module) -> None:
    """Stop bitsandbytes from repacking 4-bit weights at the first pass without gradients.

    It does so on processors with AVX512-BF16, and then calculates otherwise than before: no gradient goes through the packed
    form, so training after an evaluation would be silently wrong, and the modules of an adapter beside the base would no
    longer understand the weights that they share (bitsandbytes 0.50.2, `Linear4bit.forward` and `matmul_4bit`).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
