"""NVIDIA's GPUs, by CUDA."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from engine.core.hardware import Device, Precision, gpus
from engine.core.text import Text
from engine.devices.attention import cuda_attention
from engine.devices.declaration import DeviceKind, DeviceMemory, Rates

if TYPE_CHECKING:
    import torch

_SHARE = 0.4  # of its half-precision speed
_MEMORY_SHARE = 0.7
_GUESS = {  # by major compute capability: (TFLOP/s, GB/s) of a middling card
    12: (60.0, 600.0), 10: (1500.0, 6000.0), 9: (700.0, 3000.0), 8: (60.0, 600.0), 7: (50.0, 500.0), 6: (15.0, 400.0),
}  # fmt: skip
_UNKNOWN = (40.0, 400.0)


def _precision(device: Device) -> Precision:
    """bf16 where it has units for it, fp16 on older ones."""
    capability = ".".join(map(str, device.capability or (0, 0)))
    if device.bf16:
        return Precision("bf16", "precision.gpu_bf16", {"capability": capability})
    return Precision("fp16", "precision.gpu_fp16", {"capability": capability})


def _answering() -> Literal["bf16", "fp16"]:
    import torch

    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def _reserve(device: Device) -> None:
    """Only the chosen GPU can be seen: no other is touched by accident."""
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    place = int(device.key.split(":")[1])
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = str(place) if visible is None else visible.split(",")[place]


def _rates(device: Device) -> Rates:
    tflops, gigabytes = _GUESS.get(device.capability[0], _UNKNOWN) if device.capability else _UNKNOWN
    moved = (device.bandwidth_gb_s or gigabytes) * 1e9 * _MEMORY_SHARE
    return Rates((device.tflops or tflops) * 1e12 * _SHARE, moved, 0.002, 0.0006, 0.01, 5.0 / moved)


# ---------------------------------------------------------------- memory


def _limit(device: torch.device, most: float) -> None:
    import torch

    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, most / total), device)


def _peak(device: torch.device) -> int:
    import torch

    highest = torch.cuda.max_memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    return highest


def _held() -> int:
    import torch

    return torch.cuda.memory_allocated() if torch.cuda.is_available() else 0


def _give_back() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


CUDA = DeviceKind(
    key="cuda",
    several=True,
    label=Text("devices.cuda.label"),
    place=Text("devices.cuda.place"),
    icon="layers",
    find=gpus,
    torch_type="cuda",
    torch_name="cuda:0",
    accelerator=True,
    unified=True,
    reserve=_reserve,
    memory=DeviceMemory(_limit, _peak, _held, _give_back),
    precision=_precision,
    answering=_answering,
    rates=_rates,
    tokens_at_once=4096,
    runtime_bytes=620e6,
    runtime_source="CUDA context, kernels and cuBLAS workspaces (https://pytorch.org/docs/stable/notes/cuda.html#memory-management)",
    serving_mb=620,
    attention=cuda_attention,
    margin=0.08,  # the memory estimate is not calibrated there
)
