"""From a loaded base to a trainer that could take its first step: the same for a job and for the probe of its speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from engine.devices import kind_of
from engine.objectives import objective_of
from engine.planner.memory.workload import Workload
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import lean_dora, speed_up
from engine.training.forward.kernels import hold_attention
from engine.training.forward.without_dropout import without_dropout
from engine.training.heads.scalar import attach_head
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.inputs import Inputs
from engine.training.loop.trainer import StepTrainer, training_arguments


def ready_trainer(
    inputs: Inputs,
    model: Any,
    work: Workload,
    examples: Sequence[Example],
    memory: MemoryWatch,
    callback: TrainerCallback,
    folder: Path,
) -> StepTrainer:
    """A trainer over `examples` with the fastest exact forward. `callback` looks after it; `folder` takes its files."""
    spec, kind = inputs.spec, kind_of(inputs.device)
    attach_head(model, objective_of(spec.objective))
    arguments = training_arguments(
        spec, folder, dtype=inputs.precision.dtype, use_cpu=not kind.accelerator, recompute=work.recompute
    )
    trainer = StepTrainer(model, arguments, examples, work.tokens, memory, callback, spec)
    if trainer.compares and without_dropout(model):
        trainer.without_dropout = True
    if kind.fast_lora:
        speed_up(model)
    else:
        lean_dora(model)
    hold_attention(inputs.device, inputs.precision.dtype, work.shape.head_dim)
    packing = inputs.method.capabilities.packing
    trainer.forward = choose_forward(model, work.shape.vocabulary, trainer.autocast(), pack=packing)
    return trainer
