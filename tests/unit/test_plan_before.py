"""The plan's numbers for every combination of optimizer and format of the base, as they were before these were declared."""

from __future__ import annotations

import pytest

from benchmarks.published import MODELS
from engine.base_formats import BASE_FORMATS, base_format_of
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.devices import DEVICE_KINDS, precision_for
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.optimizers import OPTIMIZERS, optimizer_of
from engine.planner.memory.estimate import memory_breakdown, weight_bytes
from engine.planner.memory.verdict import limit_of
from engine.planner.memory.workload import Workload
from engine.planner.time.disk import checkpoint_bytes
from engine.planner.time.effort import answer_seconds, group_seconds, update_seconds
from engine.serving.process.admission import base_bytes

DEVICES = {
    "CPU": Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=2),
    "GPU": Device("cuda:0", "NVIDIA H100 80GB HBM3", 80_000, 79_000, bf16=True, capability=(9, 0)),
    "OLD": Device(
        "v100-16-gb", "NVIDIA V100 (16 GB)", 16_900, 16_900, bf16=False, capability=(7, 0), tflops=112.0,
        bandwidth_gb_s=900, planned_as="cuda",
    ),
}  # fmt: skip
Case = tuple[str, str, str, str, str, bool]
# model, method, device, optimizer, format of the base, double quantisation: bytes of the whole estimate and of the weights,
# seconds of an update, of a group and of three answers, bytes of a checkpoint
BEFORE: dict[Case, tuple[float, ...]] = {
    ("Llama 3 8B", "lora", "CPU", "adamw_torch_fused", "none", True): (
        42563301291.6224, 32121044992.0, 0.10227468799999999, 201.92948761941335, 64.0632119296, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "adamw_torch_fused", "int8", True): (
        23982408742.502403, 11188584448.0, 0.10227468799999999, 208.90907571541334, 143.33389332480002, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "adamw_torch_fused", "nf4", True): (
        20496508448.44032, 7804215230.464, 0.10227468799999999, 208.90907571541334, 143.33389332480002, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "adamw_torch_fused", "nf4", False): (
        20831681656.4224, 8129626112.0, 0.10227468799999999, 208.90907571541334, 143.33389332480002, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "adamw_torch_fused", "fp4", True): (
        20496508448.44032, 7804215230.464, 0.10227468799999999, 208.90907571541334, 143.33389332480002, 503356480.0,
    ),
    ("Llama 3 8B", "full", "CPU", "adamw_torch_fused", "none", True): (
        148417736013.4144, 32121044992.0, 17.6765747456, 299.08880613376, 62.3352119296, 96363174976.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "adafactor", "none", True): (
        42228490974.8224, 32121044992.0, 0.24068672000000002, 201.92948761941335, 64.0632119296, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "CPU", "adafactor", "int8", True): (
        23647598425.7024, 11188584448.0, 0.24068672000000002, 208.90907571541334, 143.33389332480002, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "CPU", "adafactor", "nf4", True): (
        20161698131.64032, 7804215230.464, 0.24068672000000002, 208.90907571541334, 143.33389332480002, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "CPU", "adafactor", "nf4", False): (
        20496871339.622402, 8129626112.0, 0.24068672000000002, 208.90907571541334, 143.33389332480002, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "CPU", "adafactor", "fp4", True): (
        20161698131.64032, 7804215230.464, 0.24068672000000002, 208.90907571541334, 143.33389332480002, 171167603.2,
    ),
    ("Llama 3 8B", "full", "CPU", "adafactor", "none", True): (
        88230167916.4656, 32121044992.0, 44.176436863999996, 299.08880613376, 62.3352119296, 32763505891.84,
    ),
    ("Llama 3 8B", "lora", "CPU", "sgd", "none", True): (
        42217690642.0224, 32121044992.0, 0.060331648, 201.92948761941335, 64.0632119296, 167812160.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "sgd", "nf4", True): (
        20150897798.840317, 7804215230.464, 0.060331648, 208.90907571541334, 143.33389332480002, 167812160.0,
    ),
    ("Llama 3 8B", "lora", "CPU", "sgd", "nf4", False): (
        20486071006.822403, 8129626112.0, 0.060331648, 208.90907571541334, 143.33389332480002, 167812160.0,
    ),
    ("Llama 3 8B", "full", "CPU", "sgd", "none", True): (
        82248383329.8944, 32121044992.0, 9.6463134976, 299.08880613376, 62.3352119296, 32121084992.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adamw_torch_fused", "none", True): (
        22672726046.72, 16060522496.0, 0.010786990942430704, 0.10628448874142855, 1.1758488426803126, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adamw_torch_fused", "int8", True): (
        13571411425.28, 8036032512.0, 0.010786990942430704, 0.13604819064334753, 1.5314602684133616, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adamw_torch_fused", "nf4", True): (
        9916292670.341122, 4651663294.464, 0.010786990942430704, 0.13604819064334753, 1.4792355012486271, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adamw_torch_fused", "nf4", False): (
        10267736422.4, 4977074176.0, 0.010786990942430704, 0.13604819064334753, 1.4792355012486271, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adamw_torch_fused", "fp4", True): (
        9916292670.341122, 4651663294.464, 0.010786990942430704, 0.13604819064334753, 1.4792355012486271, 503356480.0,
    ),
    ("Llama 3 8B", "full", "GPU", "adamw_torch_fused", "none", True): (
        158997732669.44, 48181567488.0, 0.16067441147633263, 0.12470448087635272, 0.8302488426803126, 96363174976.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "adafactor", "none", True): (
        22321662801.92, 16060522496.0, 0.011967477356076759, 0.10628448874142855, 1.1758488426803126, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "GPU", "adafactor", "int8", True): (
        13220348180.48, 8036032512.0, 0.011967477356076759, 0.13604819064334753, 1.5314602684133616, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "GPU", "adafactor", "nf4", True): (
        9565229425.54112, 4651663294.464, 0.011967477356076759, 0.13604819064334753, 1.4792355012486271, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "GPU", "adafactor", "nf4", False): (
        9916673177.6, 4977074176.0, 0.011967477356076759, 0.13604819064334753, 1.4792355012486271, 171167603.2,
    ),
    ("Llama 3 8B", "lora", "GPU", "adafactor", "fp4", True): (
        9565229425.54112, 4651663294.464, 0.011967477356076759, 0.13604819064334753, 1.4792355012486271, 171167603.2,
    ),
    ("Llama 3 8B", "full", "GPU", "adafactor", "none", True): (
        94163652919.52, 48181567488.0, 0.3866860286908316, 0.12470448087635272, 0.8302488426803126, 32763505891.84,
    ),
    ("Llama 3 8B", "lora", "GPU", "sgd", "none", True): (
        22310338181.12, 16060522496.0, 0.010429267786780385, 0.10628448874142855, 1.1758488426803126, 167812160.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "sgd", "nf4", True): (
        9553904804.741121, 4651663294.464, 0.010429267786780385, 0.13604819064334753, 1.4792355012486271, 167812160.0,
    ),
    ("Llama 3 8B", "lora", "GPU", "sgd", "nf4", False): (
        9905348556.8, 4977074176.0, 0.010429267786780385, 0.13604819064334753, 1.4792355012486271, 167812160.0,
    ),
    ("Llama 3 8B", "full", "GPU", "sgd", "none", True): (
        89616275486.72, 48181567488.0, 0.09218604262345416, 0.12470448087635272, 0.8302488426803126, 32121084992.0,
    ),
    ("Llama 3 8B", "lora", "OLD", "adamw_torch_fused", "none", True): (
        22890158766.08, 16060522496.0, 0.012929355174603176, 0.4158981110247619, 1.7518225440507933, 503356480.0,
    ),
    ("Llama 3 8B", "lora", "OLD", "adamw_torch_fused", "nf4", True): (
        10133725389.70112, 4651663294.464, 0.012929355174603176, 0.5266852236596825, 2.8919135215746032, 503356480.0,
    ),
    ("Llama 3 8B", "full", "OLD", "adamw_torch_fused", "none", True): (
        158997732669.44, 48181567488.0, 0.5708436427174604, 0.5785532201447618, 1.4062225440507934, 96363174976.0,
    ),
    ("Qwen3 8B", "lora", "GPU", "adamw_torch_fused", "none", True): (
        23649936865.28, 16381470720.0, 0.010818962449466951, 0.1146437433428231, 1.3004687639471217, 523803712.0,
    ),
    ("Qwen3 8B", "lora", "GPU", "adamw_torch_fused", "nf4", True): (
        10683422713.36448, 4828423929.856, 0.010818962449466951, 0.14426453501872927, 1.598576671048874, 523803712.0,
    ),
    ("Qwen3 8B", "full", "GPU", "adamw_torch_fused", "none", True): (
        162536360376.32, 49144412160.0, 0.16368543959061835, 0.13308918120474422, 0.9116687639471215, 98288864320.0,
    ),
    ("Qwen3 8B", "lora", "GPU", "adafactor", "none", True): (
        23284611676.16, 16381470720.0, 0.012047406123667379, 0.1146437433428231, 1.3004687639471217, 178119662.08,
    ),
    ("Qwen3 8B", "lora", "GPU", "adafactor", "nf4", True): (
        10318097524.244478, 4828423929.856, 0.012047406123667379, 0.14426453501872927, 1.598576671048874, 178119662.08,
    ),
    ("Qwen3 8B", "full", "GPU", "adafactor", "none", True): (
        97153975487.96, 49144412160.0, 0.39421359897654584, 0.13308918120474422, 0.9116687639471215, 33418240268.8,
    ),
    ("Qwen3 8B", "lora", "GPU", "sgd", "none", True): (
        23272826992.64, 16381470720.0, 0.010446706790618336, 0.1146437433428231, 1.3004687639471217, 174627904.0,
    ),
    ("Qwen3 8B", "lora", "GPU", "sgd", "nf4", True): (
        10306312840.72448, 4828423929.856, 0.010446706790618336, 0.14426453501872927, 1.598576671048874, 174627904.0,
    ),
    ("Qwen3 8B", "full", "GPU", "sgd", "none", True): (
        91768406865.92, 49144412160.0, 0.09382842159488272, 0.13308918120474422, 0.9116687639471215, 32762981440.0,
    ),
}  # fmt: skip


def _work(case: Case) -> Workload:
    model, key, place, optimizer, held, double = case
    method, device = method_of(key), DEVICES[place]
    values, faults = read_all(method.params, {}, "method")
    assert not faults
    return Workload(
        shape_of(MODELS[model]), method, values, precision_for(device), device, 512,
        optimizer=optimizer_of(optimizer), base_format=base_format_of(held), double=double, longest=256,
    )  # fmt: skip


def test_every_optimizer_format_and_kind_of_device_is_compared() -> None:
    assert {case[3] for case in BEFORE} == {"adamw_torch_fused", "adafactor", "sgd"} <= {one.key for one in OPTIMIZERS}
    assert {case[4] for case in BEFORE} == {"none", "int8", "nf4", "fp4"} <= {one.key for one in BASE_FORMATS}
    assert {DEVICES[case[2]].kind for case in BEFORE} == {"cpu", "cuda"} <= {kind.key for kind in DEVICE_KINDS}


@pytest.mark.parametrize("case", BEFORE, ids=lambda case: "-".join(map(str, case)).replace(" ", "_"))
def test_the_plan_says_what_it_said_before(case: Case) -> None:
    work = _work(case)
    found = (
        sum(item.bytes for item in memory_breakdown(work)),
        weight_bytes(work),
        update_seconds(work),
        group_seconds(work, [256, 256], 0.5),
        answer_seconds(work, 3, 20.0, 30.0),
        checkpoint_bytes(work),
    )
    assert found == BEFORE[case]


def test_chats_and_limits_count_as_before() -> None:
    shape = shape_of(MODELS["Llama 3 8B"])
    assert [base_bytes(shape, dtype) for dtype in ("fp32", "bf16", "fp16", "nf4")] == [
        32121044992.0, 16060522496.0, 16060522496.0, 7805087645.696,
    ]  # fmt: skip
    assert [limit_of(device, None) for device in DEVICES.values()] == [15_000, 80_000, 16_900]
