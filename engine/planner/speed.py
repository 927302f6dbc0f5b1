"""How long a job takes: calculations over what the device does in a second, corrected by this machine's own jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from engine.hardware import Device
from engine.planner.lengths import Counts
from engine.planner.memory import Workload
from engine.planner.shape import body_parameters

_CPU_CORE = 37.5e9  # fp32 operations a second that training gets out of one core: 150 GFLOP/s on two cores, at half
_GPU_SHARE = 0.4
_GPU_LAYER_S = 0.002  # launching the kernels of one layer, forward and backward
_GPU_TFLOPS = (  # dense half precision; the first name that is part of the device's name counts
    ("B200", 2250.0), ("H200", 989.0), ("H100", 989.0), ("GH200", 989.0), ("A100", 312.0), ("L40", 181.0), ("A40", 150.0),
    ("L4", 121.0), ("A10", 125.0), ("V100", 112.0), ("T4", 65.0), ("5090", 209.0), ("4090", 165.0), ("4080", 97.0),
    ("4070", 58.0), ("3090", 71.0), ("3080", 60.0), ("3060", 26.0), ("P100", 19.0),
)  # fmt: skip
_GPU_GUESS = {12: 150.0, 10: 1500.0, 9: 700.0, 8: 80.0, 7: 50.0}  # by major compute capability
_MOST_HELD_OUT = 500  # of more held-out rows, training scores evenly spread ones
_START_S = 8.0  # a worker's start: Python, torch, the libraries
_READ_BYTES_S = 400e6  # weights from disk into the model
_DECODE_BYTES_S = {"cpu": 9e9, "gpu": 400e9}  # weights that answering reads in a second
_QUANTISED = {"cpu": 1.6, "gpu": 1.3}  # time on a 4-bit base over time on a plain one


@dataclass(frozen=True)
class Pace:
    """How the job is cut up, besides its examples."""

    epochs: float
    batch_size: int
    evaluations: int = 0
    sample_tokens: int = 0  # answered tokens of all sample questions, in one round


def steps_of(rows: int, pace: Pace) -> int:
    """Optimizer steps of the whole job."""
    per_epoch = -(-rows // pace.batch_size)
    return ceil(per_epoch * pace.epochs)


def flops_per_token(work: Workload, counts: Counts, *, train: bool = True) -> float:
    """Operations for one token: twice the weights forward; backward as much again for a frozen base, twice for a trained one."""
    shape, trained = work.shape, work.trained
    passes = (6 if work.method.saves == "full" else 4) + (2 if work.recompute else 0) if train else 2
    head = shape.hidden * shape.vocabulary * (counts.trained / counts.tokens if counts.tokens else 1.0)
    attention = shape.layers * shape.heads * shape.head_dim * counts.mean * passes
    adapter = 6.0 * trained if train and work.method.saves != "full" else 0.0
    return passes * (body_parameters(shape) + head) + attention + adapter


def throughput(device: Device) -> float:
    """Operations a second that training gets out of the device."""
    if not device.is_gpu:
        return _CPU_CORE * max(1, device.cores)
    known = next((tflops for name, tflops in _GPU_TFLOPS if name in device.name), None)
    major = device.capability[0] if device.capability else 7
    return (known or _GPU_GUESS.get(major, 40.0)) * 1e12 * _GPU_SHARE


def tokens_per_second(work: Workload, counts: Counts, past: Sequence[float] = ()) -> float:
    """Real tokens a second; the median of this machine's own like jobs where there are any."""
    if past:
        return median(past)
    kind = "gpu" if work.device.is_gpu else "cpu"
    slower = _QUANTISED[kind] if work.quantisation else 1.0
    seconds = slower * flops_per_token(work, counts) / throughput(work.device)
    if work.device.is_gpu:
        seconds += work.shape.layers * _GPU_LAYER_S / max(1, work.tokens)
    return 1.0 / seconds


def seconds_of(work: Workload, train: Counts, val: Counts, pace: Pace, past: Sequence[float] = ()) -> float:
    """The whole job: start, training, checks on held-out rows and sample questions."""
    if not train.rows:
        return 0.0
    rate = tokens_per_second(work, train, past)
    loading = _START_S + work.shape.parameters * work.width / _READ_BYTES_S
    share = flops_per_token(work, val, train=False) / flops_per_token(work, train)
    reading = work.shape.parameters * work.width / _DECODE_BYTES_S["gpu" if work.device.is_gpu else "cpu"]
    scored = val.tokens * min(1.0, _MOST_HELD_OUT / val.rows) if val.rows else 0.0
    check = scored * share / rate + pace.sample_tokens * (reading + work.shape.layers * 0.0002)
    if not work.method.capabilities.trains:
        return loading + 2 * check
    rounds = pace.evaluations + 1 if pace.evaluations else 0  # once before the first step
    return loading + train.tokens * pace.epochs / rate + rounds * check
