"""What pages and `doctor` say of machines: old and new GPUs, torch without CUDA, containers, processors of every age."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.hardware import Device
from engine.core.text import LANGUAGES, catalogue
from engine.services.app import hardware_findings
from engine.services.app.hardware_findings import HardwareFinding, Machine, findings, largest, look
from webui.i18n import t

CPU = Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=8, vector_bits=512)
A100 = Device("cuda:0", "NVIDIA A100-SXM4-80GB", 85_000, 84_000, bf16=True, capability=(8, 0), driver="575.57")
T4 = Device("cuda:0", "Tesla T4", 15_800, 15_000, bf16=False, capability=(7, 5), driver="535.1")
V100 = Device("cuda:0", "Tesla V100", 16_900, 16_000, bf16=False, capability=(7, 0), driver="535.1")
PLAIN = Machine(CPU, (), 8, 16_000, 500_000, 90_000, torch="2.13", bitsandbytes="0.50")


def by_code(machine: Machine) -> dict[str, HardwareFinding]:
    """All findings by their code."""
    return {finding.code: finding for finding in findings(machine)}


def with_gpu(gpu: Device, cuda: str | None = "12.8") -> Machine:
    """A machine with one GPU and a torch built for that CUDA."""
    return replace(PLAIN, gpus=(replace(gpu, usable=cuda is not None),), torch_cuda=cuda)


def test_a_new_gpu_is_on_with_bf16_and_room_for_large_models() -> None:
    found = by_code(with_gpu(A100))
    assert {"gpu", "gpu_bf16", "torch_cuda", "four_bits"} <= set(found)
    assert found["gpu"].params["plain"] >= 14
    assert found["gpu"].params["size"] >= found["gpu"].params["plain"]
    assert not [one for one in found.values() if one.area == "gpu" and one.level == "off"]


def test_older_gpus_say_why_bf16_is_off() -> None:
    for gpu, capability in ((T4, "7.5"), (V100, "7.0")):
        found = by_code(with_gpu(gpu))
        assert found["gpu_no_bf16"].params["capability"] == capability
        assert found["gpu"].level == "good"
    assert by_code(with_gpu(V100, "13.0"))["gpu_too_old"].level == "off"
    assert "gpu_too_old" not in by_code(with_gpu(T4, "13.0"))


def test_a_gpu_that_torch_cannot_use_is_off_and_so_is_torch() -> None:
    found = by_code(with_gpu(A100, None))
    assert (found["gpu_without_cuda"].level, found["torch_cpu"].level) == ("off", "off")
    assert found["four_bits_slow"].level == "note"
    assert not {"gpu", "gpu_bf16"} & set(found)


def test_without_a_gpu_the_reason_is_told() -> None:
    assert by_code(PLAIN)["no_gpu"].level == "off"
    assert "gpu_hidden" in by_code(replace(PLAIN, hidden=2))
    assert "no_gpu_apple" in by_code(replace(PLAIN, system="darwin"))


@pytest.mark.parametrize(
    ("bits", "bf16", "codes"),
    [
        (512, True, {"avx512", "cpu_bf16_unused"}),
        (256, False, {"avx2", "cpu_no_bf16"}),
        (128, False, {"narrow_units", "cpu_no_bf16"}),
        (0, False, {"cpu_no_bf16"}),
    ],
)
def test_processors_of_every_age(bits: int, bf16: bool, codes: set[str]) -> None:
    cpu = replace(CPU, vector_bits=bits, bf16=bf16)
    assert {one.code for one in findings(replace(PLAIN, processor=cpu)) if one.area == "cpu"} == {"cpu", *codes}


def test_limits_of_a_container_are_named() -> None:
    found = by_code(
        replace(PLAIN, processor=replace(CPU, cores=2, memory_mb=4_000, free_mb=2_000), cores=64, ram_mb=256_000)
    )
    assert found["cores_limited"].params == {"cores": 2, "all": 64}
    assert found["memory_limited"].params["all_mb"] == 256_000
    assert found["little_memory"].level == "note"


@pytest.mark.parametrize(("free", "code"), [(90_000, "disk"), (3_000, "little_disk"), (200, "no_disk")])
def test_a_full_disk_is_noticed(free: int, code: str) -> None:
    assert [one.code for one in findings(replace(PLAIN, disk_free_mb=free)) if one.area == "disk"] == [code]


def test_missing_libraries_are_off() -> None:
    found = by_code(replace(PLAIN, torch=None, bitsandbytes=None))
    assert (found["no_torch"].level, found["no_four_bits"].level) == ("off", "off")


def test_more_memory_never_reaches_less_far() -> None:
    reach = [largest(replace(CPU, memory_mb=mb), "plain") for mb in (2_000, 8_000, 32_000, 128_000)]
    assert reach == sorted(reach)
    assert reach[0] < reach[-1]
    assert all(largest(gpu, "4-bit") >= largest(gpu, "plain") for gpu in (A100, T4, V100, CPU))


def test_every_finding_has_its_words_in_both_languages() -> None:
    tree = ast.parse(Path(hardware_findings.__file__).read_text(encoding="utf-8"))
    made = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "HardwareFinding"
    ]
    codes = {
        leaf.value
        for call in made
        for leaf in ast.walk(call.args[2])
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and leaf.value != "darwin"
    } | {"four_bits", "four_bits_slow"}
    assert len(codes) > 25
    keys = {f"hardware.{code}{end}" for code in codes for end in ("", ".means")}
    assert [key for key in sorted(keys) for language in LANGUAGES if key not in catalogue(language)] == []


def test_this_machine_is_described_without_gaps(tmp_path: Path) -> None:
    for finding in findings(look(tmp_path)):
        for language in LANGUAGES:
            for end in ("", ".means"):
                assert "{" not in t(language, f"hardware.{finding.code}{end}", **finding.params)
