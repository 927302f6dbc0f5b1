"""What was found on a machine, what it unlocks, and why something is off: one list, for the Settings page and for `doctor`.

Pure functions of a `Machine`; only `look` asks the system. Opens no CUDA context and imports no torch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import psutil

from engine.base_formats import base_format
from engine.core import hardware
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.devices import precision_for
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.verdict import limit_of
from engine.planner.memory.workload import Workload
from engine.shapes.app import FindingView

Area = Literal["gpu", "cpu", "memory", "disk", "software"]
Level = Literal["good", "note", "off"]
AREAS: tuple[Area, ...] = ("gpu", "cpu", "memory", "disk", "software")
LITTLE_DISK_MB, NO_DISK_MB = 5_000, 1_000  # the starter and a few jobs; not even a checkpoint
LITTLE_MEMORY_MB = 3_000  # what the starter needs to train
_NOTICEABLE = 0.95  # of what the machine has: less is a limit
_CUDA_13_NEEDS = (7, 5)  # CUDA 13 has no kernels for GPUs before Turing
_TOKENS = 512
# Sizes that models come in: billions of parameters, then hidden, intermediate, layers, heads, kv heads, vocabulary.
_SIZES = (
    (0.1, 576, 1536, 30, 9, 3, 49152), (0.5, 896, 4864, 24, 14, 2, 151936), (1.5, 1536, 8960, 28, 12, 2, 151936),
    (3, 2048, 11008, 36, 16, 2, 151936), (8, 4096, 14336, 32, 32, 8, 128256), (14, 5120, 13824, 48, 40, 8, 152064),
    (32, 5120, 27648, 64, 40, 8, 152064), (70, 8192, 28672, 80, 64, 8, 128256),
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """Everything that findings depend on.

    Attributes:
        processor: with the memory and cores that this process may use.
        gpus: those that this process sees.
        cores, ram_mb: of the whole machine, whatever a container allows.
        disk_mb: size of the disk that holds the home folder.
        disk_free_mb: what is free on it.
        hidden: GPUs that CUDA_VISIBLE_DEVICES hides.
        torch, torch_cuda, bitsandbytes: installed versions; `torch_cuda` is the CUDA that torch was built for.
        system: "linux", "darwin" or "win32".
    """

    processor: Device
    gpus: tuple[Device, ...]
    cores: int
    ram_mb: int
    disk_mb: int
    disk_free_mb: int
    torch: str | None = None
    torch_cuda: str | None = None
    bitsandbytes: str | None = None
    hidden: int = 0
    system: str = "linux"


@dataclass(frozen=True)
class HardwareFinding:
    """Text keys `hardware.<code>` (what was found) and `hardware.<code>.means` (what it unlocks, or why it is off)."""

    area: Area  # under which pages list it
    level: Level  # "good", "note" or "off"
    code: str  # of the texts
    params: Mapping[str, Any] = field(default_factory=dict)  # of the texts

    def as_dict(self) -> FindingView:
        """The JSON form."""
        return {"area": self.area, "level": self.level, "code": self.code, "params": dict(self.params)}


def look(home: Path) -> Machine:
    """This machine."""
    seen = hardware.gpus()
    total, free = hardware.disk(home)
    return Machine(
        processor=hardware.cpu(),
        gpus=tuple(seen),
        cores=os.cpu_count() or 1,
        ram_mb=psutil.virtual_memory().total // 1_000_000,
        disk_mb=total,
        disk_free_mb=free,
        torch=_version("torch"),
        torch_cuda=hardware.torch_cuda(),
        bitsandbytes=_version("bitsandbytes"),
        hidden=len(hardware.gpus({})) - len(seen),
        system=sys.platform,
    )


def findings(machine: Machine) -> list[HardwareFinding]:
    """All that is worth saying, in the order of `AREAS`."""
    return [*_gpus(machine), *_processor(machine), *_memory(machine), *_disk(machine), *_software(machine)]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# ---------------------------------------------------------------- GPUs


def _gpus(machine: Machine) -> Iterator[HardwareFinding]:
    for gpu in machine.gpus:
        yield from _gpu(gpu, machine)
    if machine.hidden > 0:
        yield HardwareFinding("gpu", "off", "gpu_hidden", {"n": machine.hidden})
    elif not machine.gpus:
        yield HardwareFinding("gpu", "off", "no_gpu_apple" if machine.system == "darwin" else "no_gpu")


def _gpu(gpu: Device, machine: Machine) -> Iterator[HardwareFinding]:
    capability = ".".join(map(str, gpu.capability or (0, 0)))
    named = {"name": gpu.name, "capability": capability, "driver": gpu.driver or "?"}
    params = named | {"memory_mb": gpu.memory_mb, "free_mb": gpu.free_mb}
    if not gpu.usable:
        yield HardwareFinding("gpu", "off", "gpu_without_cuda", params)
        return
    if _cuda_is_too_new(gpu, machine.torch_cuda):
        yield HardwareFinding("gpu", "off", "gpu_too_old", params | {"cuda": machine.torch_cuda})
        return
    reach = largest(gpu, "4-bit" if machine.bitsandbytes else "plain")
    yield HardwareFinding(
        "gpu", "good", "gpu" if reach else "gpu_small", params | {"plain": largest(gpu, "plain"), "size": reach}
    )
    if gpu.bf16:
        yield HardwareFinding("gpu", "good", "gpu_bf16", named)
    else:
        yield HardwareFinding("gpu", "note", "gpu_no_bf16", named)


def _cuda_is_too_new(gpu: Device, cuda: str | None) -> bool:
    major = (cuda or "").split(".")[0]
    return major.isdigit() and int(major) >= 13 and (gpu.capability or (0, 0)) < _CUDA_13_NEEDS


def largest(device: Device, base: Literal["plain", "4-bit"]) -> float:
    """Billions of parameters of the largest usual model that the plan lets a beginner's method train there; 0 for none."""
    fits = [
        size for size, *measures in _SIZES if total_mb(_work(device, _method(base), measures)) <= limit_of(device, None)
    ]
    return max(fits, default=0)


def _method(base: str) -> Method:
    """The recommended method that leaves the base as it is, or the one that quantises it."""
    wanted = base == "4-bit"
    return next(
        m for m in METHODS if m.recommended and base_format(m.defaults).quantised is wanted and not m.trains_base
    )


def _work(device: Device, method: Method, measures: list[int]) -> Workload:
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    config = dict(zip((*names, "vocab_size"), measures, strict=True))
    values, _faults = read_all(method.params, {}, "method")
    training, _faults = read_all(usual_objective().params_for(method.defaults), {}, "training")
    return Workload(
        shape_of(config), method, values, precision_for(device), device, _TOKENS,
        recompute=True, base_format=base_format(training), longest=_TOKENS,
    )  # fmt: skip


# ---------------------------------------------------------------- the rest


def _processor(machine: Machine) -> Iterator[HardwareFinding]:
    cpu = machine.processor
    yield HardwareFinding("cpu", "good", "cpu", {"name": cpu.name, "cores": cpu.cores, "size": largest(cpu, "plain")})
    if cpu.cores < machine.cores:
        yield HardwareFinding("cpu", "note", "cores_limited", {"cores": cpu.cores, "all": machine.cores})
    if cpu.vector_bits >= 512:
        yield HardwareFinding("cpu", "good", "avx512")
    elif cpu.vector_bits == 256:
        yield HardwareFinding("cpu", "good", "avx2")
    elif cpu.vector_bits:
        yield HardwareFinding("cpu", "note", "narrow_units", {"bits": cpu.vector_bits})
    yield HardwareFinding("cpu", "note" if cpu.bf16 else "off", "cpu_bf16_unused" if cpu.bf16 else "cpu_no_bf16")


def _memory(machine: Machine) -> Iterator[HardwareFinding]:
    cpu = machine.processor
    params = {"free_mb": cpu.free_mb, "memory_mb": cpu.memory_mb}
    little = cpu.free_mb < LITTLE_MEMORY_MB
    yield HardwareFinding("memory", "note" if little else "good", "little_memory" if little else "memory", params)
    if cpu.memory_mb < _NOTICEABLE * machine.ram_mb:
        yield HardwareFinding("memory", "note", "memory_limited", params | {"all_mb": machine.ram_mb})


def _disk(machine: Machine) -> Iterator[HardwareFinding]:
    params = {"free_mb": machine.disk_free_mb, "disk_mb": machine.disk_mb}
    if machine.disk_free_mb < NO_DISK_MB:
        yield HardwareFinding("disk", "off", "no_disk", params)
    elif machine.disk_free_mb < LITTLE_DISK_MB:
        yield HardwareFinding("disk", "note", "little_disk", params)
    else:
        yield HardwareFinding("disk", "good", "disk", params)


def _software(machine: Machine) -> Iterator[HardwareFinding]:
    if machine.torch is None:
        yield HardwareFinding("software", "off", "no_torch")
    elif machine.torch_cuda:
        yield HardwareFinding("software", "good", "torch_cuda", {"version": machine.torch, "cuda": machine.torch_cuda})
    else:
        level: Level = "off" if machine.gpus else "note"
        yield HardwareFinding("software", level, "torch_cpu", {"version": machine.torch})
    if machine.bitsandbytes is None:
        yield HardwareFinding("software", "off", "no_four_bits")
    else:
        on_gpu = any(gpu.usable for gpu in machine.gpus)
        code = "four_bits" if on_gpu else "four_bits_slow"
        yield HardwareFinding("software", "good" if on_gpu else "note", code, {"version": machine.bitsandbytes})
