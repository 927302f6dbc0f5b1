"""A process that takes three steps of 1,024 tokens and prints its peak memory beside the plan's: `python -m tests.peak CASE FOLDER`."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import bitsandbytes  # noqa: F401 (counted as part of the runtime)
import numpy as np
import peft  # noqa: F401
import psutil
import torch
from transformers.models.llama import modeling_llama  # noqa: F401

from engine.hardware import cpu, precision_for
from engine.objectives import base_format
from engine.planner.memory import MB, Workload, bill
from engine.training.fast_lora import speed_up
from engine.training.forward import choose_forward
from engine.training.table import Example
from tests import methods
from tests.methods import Case

_ROWS, _LENGTH = 4, 256


class Peak:
    """The process's highest resident memory beyond what it has now, looked at every other millisecond."""

    def __init__(self) -> None:
        gc.collect()
        self._process = psutil.Process()
        self._before = self._highest = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def begin(self) -> None:
        """From here on."""
        self._thread.start()

    def end(self) -> float:
        """MB."""
        self._done.set()
        self._thread.join()
        return (self._highest - self._before) / MB

    def _watch(self) -> None:
        while not self._done.is_set():
            self._highest = max(self._highest, self._process.memory_info().rss)
            time.sleep(0.002)


def rows(vocabulary: int) -> list[Example]:
    """Random tokens, all with labels."""
    numbers = np.random.default_rng(0)
    tokens = [numbers.integers(0, vocabulary, _LENGTH, dtype=np.int32) for _ in range(_ROWS)]
    return [Example(ids, np.append(ids[1:], np.int32(-100)).astype(np.int32), _LENGTH - 1) for ids in tokens]


def step(model: Any, case: Case, forward: Any, examples: list[Example], optimizer: Any, number: int) -> None:
    """As the trainer does it."""
    with forward.session(examples):
        (forward.loss(examples) / (_ROWS * _LENGTH)).backward()
    if case.method.penalty is not None:
        case.method.penalty(model).backward()
    optimizer.step()
    if case.method.after_update is not None:
        case.method.after_update(model, number)
    optimizer.zero_grad()


def main(name: str, folder: Path) -> None:
    """Measure one case."""
    torch.set_num_threads(1)
    case = next(case for case in methods.cases() if str(case) == name)
    values, training = methods.settings_of(case.method, case.training, **case.values)
    shape = methods.shape(folder)
    peak = Peak()
    model = methods.applied(folder, case.method, folder / "scratch", training=case.training, steps=20, **case.values)
    speed_up(model.train())
    forward = choose_forward(model, shape.vocabulary, nullcontext(), pack=case.method.capabilities.packing)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    own = case.method.optimizer(model, values, training) if case.method.optimizer else None
    optimizer = own or torch.optim.AdamW(trained, lr=1e-4, fused=True)
    peak.begin()
    for number in (1, 2, 3):
        step(model, case, forward, rows(shape.vocabulary), optimizer, number)
    quantisation = base_format(training)
    work = Workload(shape, case.method, values, precision_for(cpu()), cpu(), _ROWS * _LENGTH, quantisation=quantisation)
    declared = sum(item.bytes for item in bill(work) if item.key != "runtime") / MB
    print(json.dumps({"measured_mb": round(peak.end(), 1), "declared_mb": round(declared, 1)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
