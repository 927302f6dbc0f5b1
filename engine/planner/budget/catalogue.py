"""Common devices as plain data: what to plan for when the hardware is not here yet, and how fast hardware is by name.

Half-precision speed is dense (no sparsity), multiplied in fp16 or bf16 and added up in fp32. NVIDIA's consumer cards do
that at twice their fp32 shader speed, as the appendix tables of the architecture whitepapers say. Laptop cards stand at
the lowest boost clock that NVIDIA lists for them. Memory is what the driver reports: a part is gone where error
correction is always on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.core.shapes import CodedMessage
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.devices.declaration import DeviceKind

_MIB = 1.048576  # MB as pages show it
_GIB = 1024 * _MIB
_TURING = "NVIDIA, Turing GPU Architecture whitepaper, appendix A"
_AMPERE = "NVIDIA, Ampere GA102 GPU Architecture whitepaper, appendix A"
_ADA = "NVIDIA, Ada GPU Architecture whitepaper, appendix A"
_BLACKWELL = "NVIDIA, RTX Blackwell GPU Architecture whitepaper, appendix A"
_LAPTOPS = "NVIDIA, Compare GeForce RTX laptops"
_INTEL = "Intel, processor specifications: two channels DDR5-4800 (laptop, desktop), eight channels (server)"


_WITH_DISPLAY = ("consumer", "laptop")  # cards that draw a desktop where they stand


@dataclass(frozen=True)
class Entry:
    """One kind of device.

    Attributes:
        key: name in specs ("rtx-4090", "m3-max-64"); never that of a device which is here.
        name: as pages show it.
        kind: as what it trains.
        shelf, group: heading under which pages list it: text key `train.shelf.<shelf>.<group>`.
        memory_mb: of the GPU; of the whole machine where there is none of its own.
        capability: CUDA compute capability; None where it is no NVIDIA GPU.
        tflops: dense half-precision operations a second, in 10^12; 0 where training runs on the processor.
        bandwidth: GB/s between memory and cores.
        source: who says so.
        bf16: computes in bfloat16.
        cores: of the processor; 0 for NVIDIA GPUs.
    """

    key: str
    name: str
    kind: DeviceKind
    shelf: str
    group: str
    memory_mb: int
    source: str
    bandwidth: float
    tflops: float = 0.0
    capability: tuple[int, int] | None = None
    bf16: bool = False
    cores: int = 0

    @property
    def notes(self) -> list[CodedMessage]:
        """What a person should know before planning for it: text keys `plan.<code>`."""
        return [{"code": "device.apple_cpu", "params": {}}] if self.shelf == "apple" else []


def _gpu(
    name: str, group: str, mib: float, capability: tuple[int, int], tflops: float, gbs: float, source: str
) -> Entry:
    key = name.lower().replace(" (", "-").replace(")", "").replace(" ", "-")
    bf16 = capability >= (8, 0)
    return Entry(key, f"NVIDIA {name}", CUDA, "gpu", group, round(mib * _MIB), source, gbs, tflops, capability, bf16)


def _consumer() -> Iterator[Entry]:
    rows: tuple[tuple[str, int, tuple[int, int], float, float, str], ...] = (
        ("RTX 2080 Ti", 11, (7, 5), 56.9, 616, _TURING),
        ("RTX 3050", 8, (8, 6), 18.2, 224, _AMPERE), ("RTX 3060", 12, (8, 6), 25.5, 360, _AMPERE),
        ("RTX 3060 Ti", 8, (8, 6), 32.4, 448, _AMPERE), ("RTX 3070", 8, (8, 6), 40.6, 448, _AMPERE),
        ("RTX 3070 Ti", 8, (8, 6), 43.5, 608, _AMPERE), ("RTX 3080", 10, (8, 6), 59.5, 760, _AMPERE),
        ("RTX 3080 Ti", 12, (8, 6), 68.2, 912, _AMPERE), ("RTX 3090", 24, (8, 6), 71.2, 936, _AMPERE),
        ("RTX 3090 Ti", 24, (8, 6), 80.0, 1008, _AMPERE),
        ("RTX 4060", 8, (8, 9), 30.2, 272, _ADA), ("RTX 4060 Ti", 8, (8, 9), 44.1, 288, _ADA),
        ("RTX 4060 Ti (16 GB)", 16, (8, 9), 44.1, 288, _ADA), ("RTX 4070", 12, (8, 9), 58.3, 504, _ADA),
        ("RTX 4070 SUPER", 12, (8, 9), 71.0, 504, _ADA), ("RTX 4070 Ti", 12, (8, 9), 80.2, 504, _ADA),
        ("RTX 4070 Ti SUPER", 16, (8, 9), 88.2, 672, _ADA), ("RTX 4080", 16, (8, 9), 97.5, 717, _ADA),
        ("RTX 4080 SUPER", 16, (8, 9), 104.4, 736, _ADA), ("RTX 4090", 24, (8, 9), 165.2, 1008, _ADA),
        ("RTX 5060", 8, (12, 0), 38.4, 448, _BLACKWELL), ("RTX 5060 Ti", 8, (12, 0), 47.4, 448, _BLACKWELL),
        ("RTX 5060 Ti (16 GB)", 16, (12, 0), 47.4, 448, _BLACKWELL), ("RTX 5070", 12, (12, 0), 61.7, 672, _BLACKWELL),
        ("RTX 5070 Ti", 16, (12, 0), 87.9, 896, _BLACKWELL), ("RTX 5080", 16, (12, 0), 112.6, 960, _BLACKWELL),
        ("RTX 5090", 32, (12, 0), 209.5, 1792, _BLACKWELL),
    )  # fmt: skip
    for name, gib, capability, tflops, gbs, source in rows:
        yield _gpu(name, "consumer", 1024 * gib - 12, capability, tflops, gbs, source)


def _laptops() -> Iterator[Entry]:
    rows: tuple[tuple[str, int, tuple[int, int], float, float], ...] = (
        ("RTX 3060 Laptop", 6, (8, 6), 19.7, 336), ("RTX 3070 Laptop", 8, (8, 6), 26.4, 448),
        ("RTX 4050 Laptop", 6, (8, 9), 16.4, 192), ("RTX 4060 Laptop", 8, (8, 9), 18.1, 256),
        ("RTX 4070 Laptop", 8, (8, 9), 22.7, 256), ("RTX 4080 Laptop", 12, (8, 9), 40.2, 432),
        ("RTX 4090 Laptop", 16, (8, 9), 56.6, 576),
    )  # fmt: skip
    for name, gib, capability, tflops, gbs in rows:
        yield _gpu(name, "laptop", 1024 * gib - 12, capability, tflops, gbs, _LAPTOPS)


def _professional() -> Iterator[Entry]:
    """Workstation and data centre: (name, group, MiB that the driver reports, capability, TFLOP/s, GB/s)."""
    rows: tuple[tuple[str, str, int, tuple[int, int], float, float], ...] = (
        ("RTX A4000", "workstation", 16376, (8, 6), 76.7, 448), ("RTX A5000", "workstation", 24564, (8, 6), 111.1, 768),
        ("RTX A6000", "workstation", 49140, (8, 6), 154.8, 768),
        ("RTX 6000 Ada", "workstation", 49140, (8, 9), 364.2, 960),
        ("RTX PRO 6000", "workstation", 97887, (12, 0), 503.8, 1792),
        ("Tesla P100", "datacentre", 16384, (6, 0), 18.7, 732),
        ("T4", "datacentre", 15360, (7, 5), 65.0, 320),
        ("V100 (16 GB)", "datacentre", 16160, (7, 0), 112.0, 900), ("V100 (32 GB)", "datacentre", 32510, (7, 0), 112.0, 900),
        ("A10", "datacentre", 23028, (8, 6), 125.0, 600), ("A30", "datacentre", 24576, (8, 0), 165.0, 933),
        ("A40", "datacentre", 46068, (8, 6), 149.7, 696),
        ("L4", "datacentre", 23034, (8, 9), 121.0, 300), ("L40", "datacentre", 46068, (8, 9), 181.0, 864),
        ("L40S", "datacentre", 46068, (8, 9), 362.0, 864),
        ("A100 (40 GB)", "datacentre", 40960, (8, 0), 312.0, 1555), ("A100 (80 GB)", "datacentre", 81920, (8, 0), 312.0, 1935),
        ("H100 PCIe", "datacentre", 81559, (9, 0), 756.0, 2000), ("H100", "datacentre", 81559, (9, 0), 989.0, 3350),
        ("H200", "datacentre", 143771, (9, 0), 989.0, 4800), ("GH200", "datacentre", 97871, (9, 0), 989.0, 4000),
        ("B200", "datacentre", 183359, (10, 0), 2250.0, 7700),
    )  # fmt: skip
    for name, group, mib, capability, tflops, gbs in rows:
        yield _gpu(name, group, mib, capability, tflops, gbs, f"NVIDIA, {name.partition(' (')[0]} datasheet")


def _apples() -> Iterator[Entry]:
    """(chip, performance cores, GB/s, sizes of the memory in GB)."""
    rows: tuple[tuple[str, int, float, tuple[int, ...]], ...] = (
        ("M1", 4, 68, (8, 16)), ("M1 Pro", 8, 200, (16, 32)), ("M1 Max", 8, 400, (32, 64)), ("M1 Ultra", 16, 800, (64, 128)),
        ("M2", 4, 100, (8, 16, 24)), ("M2 Pro", 8, 200, (16, 32)), ("M2 Max", 8, 400, (32, 64, 96)),
        ("M2 Ultra", 16, 800, (64, 128, 192)),
        ("M3", 4, 100, (8, 16, 24)), ("M3 Pro", 6, 150, (18, 36)), ("M3 Max", 12, 400, (48, 64, 128)),
        ("M3 Ultra", 24, 819, (96, 256, 512)),
        ("M4", 4, 120, (16, 24, 32)), ("M4 Pro", 10, 273, (24, 48, 64)), ("M4 Max", 12, 546, (48, 64, 128)),
    )  # fmt: skip
    for chip, cores, gbs, sizes in rows:
        for size in sizes:
            key = f"{chip.lower().replace(' ', '-')}-{size}"
            source = f"Apple, technical specifications of Macs with {chip}"
            yield Entry(
                key, f"Apple {chip}, {size} GB", CPU, "apple", "apple", round(size * _GIB), source, gbs, cores=cores
            )


def _processors() -> Iterator[Entry]:
    """(group, cores, GB, GB/s)."""
    rows = (
        ("laptop", 4, 8, 50), ("laptop", 4, 16, 50), ("laptop", 8, 16, 75), ("laptop", 8, 32, 75),
        ("desktop", 6, 16, 75), ("desktop", 8, 32, 75), ("desktop", 16, 64, 75), ("desktop", 16, 128, 75),
        ("server", 16, 64, 150), ("server", 32, 128, 300), ("server", 64, 256, 300), ("server", 96, 512, 300),
    )  # fmt: skip
    for place, cores, size, gbs in rows:
        name = f"CPU × {cores}, {size} GB"
        yield Entry(f"{place}-{cores}-{size}", name, CPU, "cpu", place, round(size * _GIB), _INTEL, gbs, cores=cores)


CATALOGUE: tuple[Entry, ...] = (*_consumer(), *_laptops(), *_professional(), *_apples(), *_processors())
_BY_KEY = {entry.key: entry for entry in CATALOGUE}


def is_planned_only(key: str) -> bool:
    """Whether a spec's device is one of the catalogue: good for plans, not for jobs."""
    return key in _BY_KEY


def entry_of(key: str) -> Entry:
    """The entry of that key. Raises Fault("device.missing")."""
    if key not in _BY_KEY:
        raise Fault("device.missing", device=key, known=list(_BY_KEY))
    return _BY_KEY[key]


def device_of(key: str) -> Device:
    """The device as if it were here, with all of its memory free but what a display takes. Raises Fault("device.missing")."""
    entry = entry_of(key)
    return Device(
        key=entry.key,
        name=entry.name,
        memory_mb=entry.memory_mb,
        free_mb=entry.memory_mb,
        bf16=entry.bf16,
        cores=entry.cores,
        capability=entry.capability,
        tflops=entry.tflops or None,
        bandwidth_gb_s=entry.bandwidth,
        planned_as=entry.kind.key,
        display=entry.group in _WITH_DISPLAY,
    )


@cache
def entry_named(name: str, kind: DeviceKind) -> Entry | None:
    """The entry that a driver's name for a GPU means ("NVIDIA GeForce RTX 4090", "NVIDIA A100-SXM4-80GB"); the longest match."""
    words = _words(name)
    known = (entry for entry in CATALOGUE if entry.kind is kind and entry.tflops)
    matching = [entry for entry in known if _means(words, _words(entry.name))]
    return max(matching, key=lambda entry: len(_words(entry.name)), default=None)


def _words(name: str) -> tuple[str, ...]:
    plain = name.partition(" (")[0].upper()
    for mark in "-/":
        plain = plain.replace(mark, " ")
    return tuple(word for word in plain.split() if word not in ("NVIDIA", "GEFORCE", "TESLA", "GPU", "GENERATION"))


def _means(words: tuple[str, ...], entry: tuple[str, ...]) -> bool:
    """All of the entry's words, in order, and a laptop's card only for a laptop's."""
    rest = iter(words)
    return all(word in rest for word in entry) and ("LAPTOP" in words) == ("LAPTOP" in entry)
