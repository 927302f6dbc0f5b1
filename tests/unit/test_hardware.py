"""What the machine has: limits of containers, the order of GPUs, and the precision that follows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from engine import devices
from engine.core import hardware
from engine.core.errors import Fault
from engine.core.hardware import Device

GB = 1_000_000_000
CPU = Device("cpu", "A processor", 16_000, 12_000, bf16=True, cores=8)
OLD = Device("cuda:0", "Tesla V100", 16_000, 15_000, bf16=False, capability=(7, 0))
NEW = Device("cuda:1", "NVIDIA L4", 24_000, 20_000, bf16=True, capability=(8, 9))


def test_precision_follows_the_device() -> None:
    assert [devices.precision_for(device).dtype for device in (CPU, OLD, NEW)] == ["fp32", "fp16", "bf16"]


def test_auto_prefers_the_gpu_with_the_most_free_memory_that_torch_can_use() -> None:
    assert devices.device_of("auto", [OLD, NEW, CPU]).key == "cuda:1"
    useless = Device("cuda:0", "NVIDIA L4", 24_000, 24_000, bf16=True, usable=False)
    assert devices.device_of("auto", [useless, CPU]).key == "cpu"
    with pytest.raises(Fault, match=r"device\.no_cuda_build"):
        devices.device_of("cuda:0", [useless, CPU])
    with pytest.raises(Fault, match=r"device\.missing"):
        devices.device_of("cuda:3", [NEW, CPU])


@pytest.mark.parametrize(
    ("setting", "order"),
    [
        (None, [0, 1, 2]),
        ("2,0", [2, 0]),
        ("", []),
        ("-1", []),
        ("1,9,0", [1]),
        ("GPU-bbb", [1]),
        ("GPU-", []),
        ("0,0", [0]),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(setting: str | None, order: list[int]) -> None:
    assert hardware.visible_order(setting, ["GPU-aaa", "GPU-bbb", "GPU-ccc"]) == order


def _write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def test_memory_limit_of_the_unified_hierarchy_counts_parents(tmp_path: Path) -> None:
    _write(tmp_path / "a", memory__max=4 * GB, memory__current=3 * GB, memory__stat=f"anon 1\ninactive_file {GB}")
    _write(tmp_path / "a" / "b", memory__max="max", memory__current=GB)
    assert hardware.memory_limits(tmp_path, {"": "/a/b"}) == [(4 * GB, 2 * GB)]


def test_memory_limit_of_the_old_hierarchy_is_found_where_a_container_mounts_it(tmp_path: Path) -> None:
    _write(tmp_path / "memory", memory__limit_in_bytes=2 * GB, memory__usage_in_bytes=GB)
    assert hardware.memory_limits(tmp_path, {"memory": "/docker/abc"}) == [(2 * GB, GB)]


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    _write(tmp_path / "memory", memory__limit_in_bytes=9223372036854771712, memory__usage_in_bytes=GB)
    assert hardware.memory_limits(tmp_path, {"memory": "/"}) == []
    assert hardware.cpu_quota(tmp_path, {"": "/"}) is None


def test_cpu_quota_in_both_layouts(tmp_path: Path) -> None:
    _write(tmp_path / "new" / "job", cpu__max="150000 100000")
    assert hardware.cpu_quota(tmp_path / "new", {"": "/job"}) == 1.5
    _write(tmp_path / "old" / "cpu", cpu__cfs_quota_us=400000, cpu__cfs_period_us=100000)
    assert hardware.cpu_quota(tmp_path / "old", {"cpu": "/"}) == 4.0


def test_this_machine(tmp_path: Path) -> None:
    found = hardware.machine(tmp_path / "not" / "made" / "yet")
    assert found["cpu"]
    assert found["cores"] >= 1
    assert 0 < found["ram_free_mb"] <= found["ram_mb"]
    assert 0 < found["disk_free_mb"] <= found["disk_mb"]
    assert devices.devices()[-1].key == "cpu"


def test_gpus_are_described_by_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlDeviceGetCount": 2,
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * GB, free=79 * GB),
        "nvmlDeviceGetCudaComputeCapability": (9, 0),
        "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
        "nvmlSystemGetDriverVersion": "575.57.08",
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, lambda *_args, answer=answer: answer)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUUID", lambda handle: f"GPU-{handle}")
    (found,) = hardware.gpus({"CUDA_VISIBLE_DEVICES": "1"})
    assert (found.key, found.memory_mb, found.bf16, found.driver) == ("cuda:0", 80_000, True, "575.57.08")


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    assert hardware.gpus({}) == []
