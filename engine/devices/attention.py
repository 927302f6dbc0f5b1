"""Which of torch's kernels calculates attention: one declared table, which plans count by and training holds to.

The conditions are those of torch's own choice (aten/src/ATen/native/transformers/cuda/sdp_utils.cpp, torch 2.13), for training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.core.hardware import Device


@dataclass(frozen=True)
class Attention:
    """How attention is calculated.

    Attributes:
        key: of its name: text key `plan.attention.<key>`, with "_repeated" behind it where keys and values are repeated.
        grouped: takes keys and values of fewer heads than queries as they are; else they are repeated, and kept so.
        masked: takes a mask.
        drops: leaves scores out at random without writing them down.
        scores: writes down, and keeps, a score for each pair of tokens.
    """

    key: str
    grouped: bool = False
    masked: bool = True
    drops: bool = True
    scores: bool = False

    def repeats(self, *, masked: bool) -> bool:
        """Whether keys and values are repeated for each query head; the library does so wherever there is a mask."""
        return masked or not self.grouped


FLASH = Attention("flash", grouped=True, masked=False)
EFFICIENT = Attention("efficient")
WRITTEN = Attention("written", scores=True)
PROCESSOR = Attention("processor", grouped=True, drops=False)


@dataclass(frozen=True)
class _Kernel:
    """One of CUDA's kernels.

    Attributes:
        attention: what it is.
        since: compute capability of the first devices that have it.
        numbers: formats that it calculates in.
        takes: (compute capability, format, width of a head) -> whether it takes heads so wide.
    """

    attention: Attention
    since: tuple[int, int]
    numbers: Callable[[tuple[int, int]], frozenset[str]]
    takes: Callable[[tuple[int, int], str, int], bool]


def _flash_takes(capability: tuple[int, int], _dtype: str, width: int) -> bool:
    """Up to 256; smaller chips have no backward pass for some widths."""
    small = (8, 6) <= capability <= (8, 9) or (12, 0) <= capability <= (12, 1)
    return width <= 256 and not (small and 192 < width <= 224)


def _efficient_takes(capability: tuple[int, int], dtype: str, width: int) -> bool:
    """Any width that is a multiple of what its units load at a time."""
    half, major = dtype != "fp32", capability[0]
    at_once = (8 if half else 4) if major >= 8 else 8 if half and major == 7 else 1
    return width % at_once == 0


_KERNELS = (  # the first that takes it calculates
    _Kernel(FLASH, (8, 0), lambda _: frozenset({"fp16", "bf16"}), _flash_takes),
    _Kernel(EFFICIENT, (5, 0), lambda at: frozenset({"fp16", "fp32"} | ({"bf16"} if at >= (8, 0) else set())), _efficient_takes),
)  # fmt: skip


def cuda_attention(device: Device, dtype: str, width: int, *, masked: bool) -> Attention:
    """What calculates attention over heads of that width on a CUDA device. The oldest one that may be, where it does not tell."""
    at = device.capability or ((8, 0) if device.bf16 else (5, 0))
    for kernel in _KERNELS:
        fits = at >= kernel.since and dtype in kernel.numbers(at) and kernel.takes(at, dtype, width)
        if fits and (kernel.attention.masked or not masked):
            return kernel.attention
    return WRITTEN


def processor_attention(_device: Device, _dtype: str, _width: int, *, masked: bool) -> Attention:
    """Processors have one kernel, which takes everything."""
    return PROCESSOR
