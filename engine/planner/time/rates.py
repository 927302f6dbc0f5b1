"""What a device does in a second when it trains: matrix operations, bytes moved, and what each layer costs besides.

The two sides of a roofline (Williams, Waterman, Patterson 2009, Roofline: An Insightful Visual Performance Model,
doi:10.1145/1498765.1498785): a calculation takes as long as the slower of the two, its operations or its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.hardware import Device
from engine.planner.budget.catalogue import entry_named

_CPU_CORE = {
    512: 110e9,
    256: 75e9,
    128: 40e9,
    0: 75e9,
}  # fp32 operations a second of one core by the width of its units
_CPU_SHARE = 0.5  # of it, training gets half: 147 tokens/s of 286 on two cores that multiply at 150 GFLOP/s
_CPU_CORE_BYTES = 10e9  # bytes a second for each core, where the memory's own speed is not known ...
_CPU_MOST_BYTES = 60e9  # ... up to so many
_GPU_SHARE = 0.4
_MEMORY_SHARE = 0.7
_GPU_GUESS = {  # by major compute capability: (TFLOP/s, GB/s) of a middling card
    12: (60.0, 600.0), 10: (1500.0, 6000.0), 9: (700.0, 3000.0), 8: (60.0, 600.0), 7: (50.0, 500.0), 6: (15.0, 400.0),
}  # fmt: skip
_GPU_UNKNOWN = (40.0, 400.0)


@dataclass(frozen=True)
class Rates:
    """What training gets out of a device.

    Attributes:
        flops: matrix operations a second.
        bandwidth: bytes a second between memory and cores.
        layer_s: seconds that one layer takes besides its calculations, forward and backward: calls, launches.
        word_layer_s: the same for one layer of one generated token.
        step_s: seconds of an optimizer step besides its groups.
        unpack_s: seconds to bring one weight of a squeezed base into the format that is calculated in.
    """

    flops: float
    bandwidth: float
    layer_s: float
    word_layer_s: float
    step_s: float
    unpack_s: float


def rates_of(device: Device) -> Rates:
    """By the device's own numbers, by its name in the catalogue, or by what devices of its kind do."""
    return _gpu(device) if device.is_gpu else _cpu(device)


def _cpu(device: Device) -> Rates:
    cores = max(1, device.cores)
    core = _CPU_CORE.get(device.vector_bits, _CPU_CORE[0])
    own = (device.bandwidth_gb_s or 0.0) * 1e9 * _MEMORY_SHARE
    moved = own or min(cores * _CPU_CORE_BYTES, _CPU_MOST_BYTES)
    flops = device.tflops * 1e12 if device.tflops else cores * core
    return Rates(flops * _CPU_SHARE, moved, 0.003, 0.003, 0.01, 1e-9 / cores)


def _gpu(device: Device) -> Rates:
    known = entry_named(device.name)
    tflops, gigabytes = (known.tflops, known.bandwidth) if known else _guess(device)
    moved = (device.bandwidth_gb_s or gigabytes) * 1e9 * _MEMORY_SHARE
    flops = (device.tflops or tflops) * 1e12 * _GPU_SHARE
    return Rates(flops, moved, 0.002, 0.0006, 0.01, 5.0 / moved)


def _guess(device: Device) -> tuple[float, float]:
    return _GPU_GUESS.get(device.capability[0], _GPU_UNKNOWN) if device.capability else _GPU_UNKNOWN
