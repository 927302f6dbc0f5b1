"""Peak memory of real training steps beside the estimate, one process each: `python -m tests.peak FOLDER CASE:LENGTH:ROWS[:FLAG] ...`.

One process imports everything and forks a child for each request, which prints a line of JSON. The kernel itself keeps the
highest resident memory (VmHWM), so no peak is missed. Before the model is loaded the child takes the same steps with a model
of one narrow layer, so that what libraries load on their first use is not taken for the model's. FLAG "recompute" switches
activation checkpointing on.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from engine.base_formats import base_format
from engine.core.hardware import cpu
from engine.devices import precision_for
from engine.devices.cpu import CPU
from engine.planner.memory.estimate import peak_phase, predicted_mb
from engine.planner.memory.workload import MB, Workload
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import speed_up
from engine.training.limits.memory_use import give_back
from tests import methods
from tests.methods import Case

_USED = ("bitsandbytes", "peft.optimizers", "transformers.models.llama.modeling_llama", "engine.jobs.runners.train")
_STEPS = 2  # the second one finds the optimizer's state and a used heap


@dataclass(frozen=True)
class Request:
    """What is measured: a case of tests.methods, and a group of `rows` examples of `length` tokens."""

    case: Case
    length: int
    rows: int
    recompute: bool = False

    @classmethod
    def read(cls, text: str) -> Request:
        """From "lora:256:4" or "lora:256:4:recompute"."""
        name, length, rows, *flags = text.split(":")
        case = next(case for case in methods.cases() if str(case) == name)
        return cls(case, int(length), int(rows), "recompute" in flags)

    def examples(self, vocabulary: int) -> list[Example]:
        """Random tokens, all with labels; the last row is a little shorter, as in life, so that padding is masked."""
        numbers = np.random.default_rng(0)
        lengths = [self.length] * (self.rows - 1) + [self.length - (4 if self.rows > 1 else 0)]
        tokens = [numbers.integers(0, vocabulary, length, dtype=np.int32) for length in lengths]
        return [Example(ids, np.append(ids[1:], np.int32(-100)).astype(np.int32), len(ids) - 1) for ids in tokens]


def resident_mb(name: str) -> float:
    """A line of /proc/self/status: "VmRSS" (now), "VmHWM" (the highest since `forget_peak`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / MB
    raise KeyError(name)


def forget_peak() -> None:
    """The kernel begins to look for the highest memory anew."""
    Path("/proc/self/clear_refs").write_text("5")


def measure(folder: Path, request: Request) -> dict[str, Any]:
    """Peak of the process beyond what it held before the model was loaded, beside the estimate without runtime and margin."""
    with tempfile.TemporaryDirectory() as scratch:
        _warm(Path(scratch), request)
        before = _settled()
        highest, name = _steps(folder, Path(scratch), request)
    predicted, moment = estimated(folder, request)
    return {
        "measured_mb": round(highest - before, 1),
        "predicted_mb": round(predicted, 1),
        "moment": moment,
        "forward": name,
        "before_mb": round(before),
    }


def estimated(folder: Path, request: Request) -> tuple[float, str]:
    """(MB of the estimate without runtime and margin, moment of the peak)."""
    case, shape = request.case, methods.shape(folder)
    values, training = methods.settings_of(case.method, case.training, **case.values)
    tokens = request.rows * (request.length + case.method.footprint(shape, values).front)
    work = Workload(
        shape, case.method, values, precision_for(cpu()), cpu(), tokens,
        recompute=request.recompute, base_format=base_format(training), longest=request.length,
    )  # fmt: skip
    return predicted_mb(work) - CPU.runtime_bytes / MB, peak_phase(work)


def _settled() -> float:
    gc.collect()
    give_back()
    return resident_mb("VmRSS")


def _steps(folder: Path, scratch: Path, request: Request) -> tuple[float, str]:
    """(highest MB of the process while it took steps, name of the forward pass)."""
    case = request.case
    values, training = methods.settings_of(case.method, case.training, **case.values)
    model = methods.applied(folder, case.method, scratch / "run", training=case.training, steps=20, **case.values)
    give_back()
    if request.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    speed_up(model.train())
    vocabulary = methods.shape(folder).vocabulary
    forward = choose_forward(model, vocabulary, nullcontext(), pack=case.method.capabilities.packing)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    own = case.method.optimizer(model, values, training) if case.method.optimizer else None
    optimizer = own or torch.optim.AdamW(trained, lr=1e-4, fused=True)
    forget_peak()
    for number in range(1, _STEPS + 1):
        _step(model, case, forward, request.examples(vocabulary), optimizer, number)
    return resident_mb("VmHWM"), forward.name


def _step(model: Any, case: Case, forward: Any, examples: list[Example], optimizer: Any, number: int) -> None:
    """As the trainer does it, in one group."""
    with forward.session(examples):
        (forward.cross_entropy(examples) / sum(map(len, examples))).backward()
    if case.method.penalty is not None:
        case.method.penalty(model).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if case.method.after_update is not None:
        case.method.after_update(model, number)
    optimizer.zero_grad()


def _warm(scratch: Path, request: Request) -> None:
    """The same steps with a model that weighs nothing."""
    narrow = LlamaConfig(
        vocab_size=256, hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512,
    )  # fmt: skip
    LlamaForCausalLM(narrow).save_pretrained(scratch / "narrow")
    _steps(scratch / "narrow", scratch / "warm", Request(request.case, 16, 2, request.recompute))


def _in_a_child(folder: Path, request: Request) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            print(json.dumps(measure(folder, request)), flush=True)
            code = 0
        finally:
            os._exit(code)
    _, ended = os.waitpid(child, 0)
    if ended:
        print(json.dumps({"error": ended}), flush=True)


def main(arguments: Sequence[str]) -> None:
    """A line for each request, in order."""
    torch.set_num_threads(1)
    for name in _USED:
        importlib.import_module(name)
    for found in pkgutil.walk_packages(["engine/training/tuners"], "engine.training.tuners."):
        importlib.import_module(found.name)
    folder, *requests = arguments
    for request in requests:
        _in_a_child(Path(folder), Request.read(request))


if __name__ == "__main__":
    main(sys.argv[1:])
