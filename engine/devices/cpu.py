"""The processor, which trains in RAM."""

from __future__ import annotations

import os

from engine.core.hardware import Device, Precision, cpu
from engine.core.text import Text
from engine.devices.declaration import DeviceKind, Rates

_CORE = {512: 110e9, 256: 75e9, 128: 40e9, 0: 75e9}  # fp32 operations a second of one core by the width of its units
_SHARE = 0.5  # of it, training gets half: 147 tokens/s of 286 on two cores that multiply at 150 GFLOP/s
_CORE_BYTES = 10e9  # bytes a second for each core, where the memory's own speed is not known ...
_MOST_BYTES = 60e9  # ... up to so many
_MEMORY_SHARE = 0.7


def _precision(_device: Device) -> Precision:
    """bf16 without units of its own is 15 times slower than fp32."""
    return Precision("fp32", "precision.cpu")


def _reserve(device: Device) -> None:
    import torch

    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # no GPU is touched by accident
    torch.set_num_threads(max(1, device.cores))


def _rates(device: Device) -> Rates:
    cores = max(1, device.cores)
    core = _CORE.get(device.vector_bits, _CORE[0])
    own = (device.bandwidth_gb_s or 0.0) * 1e9 * _MEMORY_SHARE
    moved = own or min(cores * _CORE_BYTES, _MOST_BYTES)
    flops = device.tflops * 1e12 if device.tflops else cores * core
    return Rates(flops * _SHARE, moved, 0.003, 0.003, 0.01, 1e-9 / cores)


CPU = DeviceKind(
    key="cpu",
    label=Text("devices.cpu.label"),
    place=Text("devices.cpu.place"),
    icon="cpu",
    find=lambda: [cpu()],
    torch_type="cpu",
    torch_name="cpu",
    accelerator=False,
    reserve=_reserve,
    precision=_precision,
    answering=lambda: "fp32",
    rates=_rates,
    fast_lora=True,
    tokens_at_once=1024,
    many_parameters=1e9,
    slow_when_quantised=True,
    runtime_bytes=520e6,  # Python, torch and the libraries
    runtime_source="Measured: resident memory of a worker before it loads a model, see docs/planner.md",
    serving_mb=450,
    system_mb=1000,
    margin=0.03,
    slack=0.38,  # pieces of the heap that cannot be used again at once (benchmarks.memory)
    slack_renewed=0.82,  # each matrix leaves a hole that smaller things fill
)
