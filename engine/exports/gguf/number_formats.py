"""Which number format each tensor of a file has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gguf import GGMLQuantizationType

_ALWAYS_WIDE = ("token_types", "position_embd", "ffn_gate_inp", "ffn_gate_inp_shexp", "rope_freqs", "rope_factors")
_WORDS = ("token_embd.weight", "output.weight")


@dataclass(frozen=True)
class NumberFormat:
    """A number format of whole files.

    Attributes:
        key: as the setting names it.
        matrices: name in `gguf` of the format of matrices.
        words: and of the embeddings and the head, which lose the most by few bits.
        bits: that a number of a matrix takes, its share of the block's scale included.
    """

    key: str
    matrices: str
    words: str
    bits: float


NUMBER_FORMATS = (
    NumberFormat("f16", "F16", "F16", 16),
    NumberFormat("bf16", "BF16", "BF16", 16),
    NumberFormat("q8_0", "Q8_0", "Q8_0", 8.5),
    NumberFormat("q5_0", "Q5_0", "Q8_0", 5.5),
    NumberFormat("q4_1", "Q4_1", "Q8_0", 5),
    NumberFormat("q4_0", "Q4_0", "Q8_0", 4.5),
)
BY_KEY = {one.key: one for one in NUMBER_FORMATS}


def format_of(name: str, shape: Sequence[int], wanted: NumberFormat) -> GGMLQuantizationType:
    """The format of a tensor: vectors and what decides on ways stay in fp32, rows that no block fits into in 16 bits."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    if len(shape) < 2 or name.split(".")[-2] in _ALWAYS_WIDE or name.startswith(_ALWAYS_WIDE):
        return GGMLQuantizationType.F32
    kind = GGMLQuantizationType[wanted.words if name in _WORDS else wanted.matrices]
    block = GGML_QUANT_SIZES[kind][0] if kind != GGMLQuantizationType.BF16 else 1
    return kind if shape[-1] % block == 0 else GGMLQuantizationType.F16
