"""The expert's line of an item of the memory breakdown: numbers put into words that need no language, and where the formula is from."""

from __future__ import annotations

from collections.abc import Sequence

WEIGHTS = "Bytes of a number: fp32 4, bf16 and fp16 2 (https://pytorch.org/docs/stable/tensor_attributes.html)"
QUANTISATION = (
    "Dettmers et al. 2023, QLoRA, section 3: a scale for each block of 64 weights, 0.127 bits a weight when the scales are "
    "quantised too (https://arxiv.org/abs/2305.14314)"
)
OPTIMIZER = (
    "Rajbhandari et al. 2020, ZeRO, section 3.1: gradient 4 bytes, Adam's two moments 8 bytes a trained number in fp32 "
    "(https://arxiv.org/abs/1910.02054)"
)
ADAFACTOR = (
    "Shazeer and Stern 2018, Adafactor: sums of rows and columns instead of moments (https://arxiv.org/abs/1804.04235)"
)
ACTIVATIONS = (
    "Korthikanti et al. 2022, Reducing Activation Recomputation, section 4, counted for each family's own layers "
    "(https://arxiv.org/abs/2205.05198)"
)
LOGITS = "Wijmans et al. 2024, Cut Your Losses: scores only where a token is learnt, a chunk at a time (https://arxiv.org/abs/2411.09009)"
TEMPORARY = "Order of torch's backward pass (https://pytorch.org/docs/stable/notes/autograd.html); the allocator's share is measured, see docs/planner.md"
RUNTIME_CPU = "Measured: resident memory of a worker before it loads a model, see docs/planner.md"
RUNTIME_GPU = (
    "CUDA context, kernels and cuBLAS workspaces (https://pytorch.org/docs/stable/notes/cuda.html#memory-management)"
)
REFERENCE = "Ziegler et al. 2019, Fine-Tuning Language Models from Human Preferences (https://arxiv.org/abs/1909.08593)"
VALUE_HEAD = "Schulman et al. 2017, Proximal Policy Optimization (https://arxiv.org/abs/1707.06347)"
MARGIN = "Declared, see docs/planner.md"

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def number(value: float) -> str:
    """1234567 -> "1.23 M"; small whole numbers stay as they are."""
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.4g}"


def times(*factors: float | str) -> str:
    """A product: times(134.5e6, "4 B") -> "134.5 M × 4 B"."""
    return " × ".join(factor if isinstance(factor, str) else number(factor) for factor in factors)


def plus(parts: Sequence[str]) -> str:
    """A sum."""
    return " + ".join(parts)
