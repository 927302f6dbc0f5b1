"""What this machine has: processor, memory, disk, GPUs. Opens no CUDA context and imports no torch."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from engine.core.shapes import GpuView, MachineView

_MB = 1_000_000  # as pages show it
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_VECTOR_FLAGS = (("avx512f", 512), ("avx2", 256), ("asimd", 128), ("sse2", 128))
_BF16_SINCE = (8, 0)  # compute capability of the first GPUs that calculate in bf16 (Ampere)


@dataclass(frozen=True)
class Holder:
    """A process that holds some of a device's memory."""

    pid: int  # its number
    name: str  # of its program; "" where the system does not say
    mb: int  # that it holds; 0 where the driver does not say


@dataclass(frozen=True)
class Device:
    """Something that can train.

    Attributes:
        key: "cpu" or "cuda:N", with N as CUDA counts when CUDA_DEVICE_ORDER is PCI_BUS_ID.
        name: what its maker calls it.
        memory_mb, free_mb: RAM that this process may use, or the GPU's own memory.
        bf16: whether it has units for bf16.
        cores: of a processor, as many as this process may use; 0 for a GPU.
        capability: CUDA compute capability (major, minor) of a GPU; None for a processor.
        driver: version of the GPU's driver; None for a processor.
        usable: False for a GPU that the installed torch cannot use.
        vector_bits: width of a processor's vector units; 0 where it is not known.
        tflops, bandwidth_gb_s: dense half-precision speed and memory speed, where they are known.
        planned_as: key of its kind, where its own key does not say it: a device of the catalogue.
        display: whether a display hangs on it.
        driver_mb: of its memory, kept by the driver for itself.
        holders: processes that hold some of its memory now, where they can be told.
        reserve_mb: of its memory, left to others by the user's own setting; None where there is none.
    """

    key: str
    name: str
    memory_mb: int
    free_mb: int
    bf16: bool
    cores: int = 0
    capability: tuple[int, int] | None = None
    driver: str | None = None
    usable: bool = True
    vector_bits: int = 0
    tflops: float | None = None
    bandwidth_gb_s: float | None = None
    planned_as: str = ""
    display: bool = False
    driver_mb: int = 0
    holders: tuple[Holder, ...] = ()
    reserve_mb: int | None = None

    @property
    def kind(self) -> str:
        """Key of its kind (`engine.devices.DEVICE_KINDS`)."""
        return self.planned_as or self.key.partition(":")[0]


@dataclass(frozen=True)
class Precision:
    """The number format to train in, and why.

    Attributes:
        dtype: the format.
        code: the reason, as text key `plan.<code>`.
        params: values for the placeholders of that text.
    """

    dtype: Literal["bf16", "fp16", "fp32"]
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def cpu() -> Device:
    """The processor with the RAM that this process may use."""
    total, free = _memory()
    name, flags = _processor()
    bits = next((bits for flag, bits in _VECTOR_FLAGS if flag in flags), 0)
    return Device("cpu", name, total // _MB, free // _MB, bool(flags & _BF16_FLAGS), cores=_cores(), vector_bits=bits)


def gpus(environment: Mapping[str, str] = os.environ) -> list[Device]:
    """The CUDA devices that a worker would see; empty without a driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        names = [str(pynvml.nvmlDeviceGetUUID(handle)) for handle in handles]
        visible = visible_order(environment.get("CUDA_VISIBLE_DEVICES"), names)
        return [_gpu(pynvml, handles[index], place) for place, index in enumerate(visible)]
    except pynvml.NVMLError:
        return []
    finally:
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def visible_order(setting: str | None, uuids: list[str]) -> list[int]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves, in its order; like CUDA, it stops at the first one that is not there."""
    if setting is None:
        return list(range(len(uuids)))
    order: list[int] = []
    for part in (piece.strip() for piece in setting.split(",")):
        if part.isdigit() and int(part) < len(uuids):
            found = int(part)
        else:
            matches = [i for i, uuid in enumerate(uuids) if part and uuid.startswith(part)]
            if len(matches) != 1:
                break
            found = matches[0]
        if found in order:
            break
        order.append(found)
    return order


def _gpu(pynvml: Any, handle: Any, place: int) -> Device:
    memory, driver_mb = _gpu_memory(pynvml, handle)
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Device(
        key=f"cuda:{place}",
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_mb=int(memory.total) // _MB,
        free_mb=int(memory.free) // _MB,
        bf16=(major, minor) >= _BF16_SINCE,
        capability=(major, minor),
        driver=str(pynvml.nvmlSystemGetDriverVersion()),
        usable=torch_cuda() is not None,
        display=_shows(pynvml, handle),
        driver_mb=driver_mb,
        holders=tuple(_holders(pynvml, handle)),
    )


def _gpu_memory(pynvml: Any, handle: Any) -> tuple[Any, int]:
    """The GPU's memory, and the MB that its driver keeps: newer drivers tell that apart from what is used."""
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2)
        return memory, int(memory.reserved) // _MB
    except (pynvml.NVMLError, AttributeError, TypeError):
        return pynvml.nvmlDeviceGetMemoryInfo(handle), 0


def _shows(pynvml: Any, handle: Any) -> bool:
    """Whether a display is connected or drawn for; not every driver says so."""
    for ask in ("nvmlDeviceGetDisplayActive", "nvmlDeviceGetDisplayMode"):
        with suppress(pynvml.NVMLError, AttributeError):
            if getattr(pynvml, ask)(handle):
                return True
    return False


def _holders(pynvml: Any, handle: Any) -> Iterator[Holder]:
    """Processes that hold some of a GPU's memory, the largest first; a container may not see those outside."""
    held: dict[int, int] = {}
    for ask in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
        with suppress(pynvml.NVMLError, AttributeError):
            for one in getattr(pynvml, ask)(handle):
                held[int(one.pid)] = max(held.get(int(one.pid), 0), int(one.usedGpuMemory or 0) // _MB)
    for pid, mb in sorted(held.items(), key=lambda item: item[1], reverse=True):
        yield Holder(pid, _program(pid), mb)


def _program(pid: int) -> str:
    import psutil

    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""


def disk(folder: Path) -> tuple[int, int]:
    """Total and free MB of the disk that holds `folder`."""
    usage = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists()))
    return usage.total // _MB, usage.free // _MB


def machine(home: Path) -> MachineView:
    """The whole machine as JSON, for pages and for `doctor`."""
    processor, graphics = cpu(), gpus()
    total, free = disk(home)
    return {
        "cpu": processor.name,
        "cores": processor.cores,
        "cpu_bf16": processor.bf16,
        "ram_mb": processor.memory_mb,
        "ram_free_mb": processor.free_mb,
        "disk_mb": total,
        "disk_free_mb": free,
        "gpus": [cast(GpuView, asdict(gpu)) for gpu in graphics],
        "driver": graphics[0].driver if graphics else None,
        "torch_cuda": torch_cuda(),
    }


@cache
def torch_cuda() -> str | None:
    """The CUDA version that the installed torch was built for; None without one. Reads a file instead of importing torch."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin:
        return None
    source = Path(spec.origin).with_name("version.py")
    found = re.search(r"^cuda\b[^=]*=\s*'([^']+)'", source.read_text() if source.is_file() else "", re.MULTILINE)
    return found.group(1) if found else None


@cache
def _processor() -> tuple[str, frozenset[str]]:
    """Name and feature flags, where the system tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        import platform

        return platform.processor() or platform.machine(), frozenset()
    values = dict(re.findall(r"^(model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE))
    return values.get("model name", os.uname().machine), frozenset(values.get("flags", "").split())


def _cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its control group."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    quota = cpu_quota(Path("/sys/fs/cgroup"), control_groups())
    return max(1, min(count, int(quota + 0.5))) if quota else count


def _memory() -> tuple[int, int]:
    """RAM in bytes, total and available, within the limits of the control group."""
    import psutil

    virtual = psutil.virtual_memory()
    limits = memory_limits(Path("/sys/fs/cgroup"), control_groups())
    total = min([virtual.total, *(limit for limit, _used in limits)])
    free = min([virtual.available, *(limit - used for limit, used in limits)])
    return total, max(0, free)


def control_groups() -> dict[str, str]:
    """Controller -> path of this process; the unified hierarchy has the empty name."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    parts = [line.split(":", 2) for line in lines]
    return {name: path for _number, names, path in parts for name in names.split(",")}


def _folders(root: Path, groups: Mapping[str, str], controller: str) -> list[tuple[Path, bool]]:
    """Folders from the process's group up to the root, in both layouts: (folder, is the unified one)."""
    found: list[tuple[Path, bool]] = []
    for path, base, unified in ((groups.get(""), root, True), (groups.get(controller), root / controller, False)):
        folder = None if path is None else base / path.lstrip("/")
        while folder is not None and folder.is_relative_to(base):
            found.append((folder, unified))
            folder = folder.parent
    return found


def memory_limits(root: Path, groups: Mapping[str, str]) -> list[tuple[int, int]]:
    """(limit, bytes in use that cannot be given back) of each control group that sets a limit."""
    limits: list[tuple[int, int]] = []
    for folder, unified in _folders(root, groups, "memory"):
        limit = _number(folder / ("memory.max" if unified else "memory.limit_in_bytes"))
        used = _number(folder / ("memory.current" if unified else "memory.usage_in_bytes"))
        if limit is not None and used is not None and 0 < limit < 1 << 60:
            limits.append((limit, max(0, used - _file_cache(folder, unified))))
    return limits


def _file_cache(folder: Path, unified: bool) -> int:
    name = "inactive_file" if unified else "total_inactive_file"
    try:
        found = re.search(rf"^{name} (\d+)$", (folder / "memory.stat").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def cpu_quota(root: Path, groups: Mapping[str, str]) -> float | None:
    """The smallest number of cores that a control group allows; None without a limit."""
    quotas: list[float] = []
    for folder, unified in _folders(root, groups, "cpu"):
        if unified:
            quota, period = _pair(folder / "cpu.max")
        else:
            quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and period and quota > 0:
            quotas.append(quota / period)
    return min(quotas, default=None)


def _pair(file: Path) -> tuple[int | None, int | None]:
    try:
        first, second = file.read_text().split()
        return (None if first == "max" else int(first)), int(second)
    except (OSError, ValueError):
        return None, None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
