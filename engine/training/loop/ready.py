"""From a loaded base to a trainer that could take its first step: the same for a job and for the probe of its speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from transformers import TrainerCallback

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.devices import kind_of
from engine.jobs.spec import JobSpec
from engine.methods.common.declaration import Method, RunContext
from engine.objectives import objective_of
from engine.optimizers.trained_format import trained_format
from engine.planner.memory.workload import Workload
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import lean_dora, speed_up
from engine.training.forward.half_precision import compute_in, set_words_aside, settle_in
from engine.training.forward.kernels import hold_attention
from engine.training.forward.without_dropout import without_dropout
from engine.training.heads.scalar import attach_head
from engine.training.limits.memory_use import MemoryWatch, give_back
from engine.training.loop.inputs import Inputs
from engine.training.loop.trainer import StepTrainer, training_arguments
from engine.training.loop.weights import DTYPES
from engine.training.updates.choice import in_chosen_format


class Applicable(Protocol):
    """What a method is applied with."""

    @property
    def spec(self) -> JobSpec:
        """Settings of the job."""
        ...

    @property
    def method(self) -> Method:
        """That it trains with."""
        ...

    @property
    def device(self) -> Device:
        """That it runs on."""
        ...

    @property
    def precision(self) -> Precision:
        """Of the computations."""
        ...


def apply_method(inputs: Applicable, base: Any, run_context: RunContext) -> Any:
    """The model to train. Raises Fault("training.no_modules")."""
    quantised, kind = base_format(inputs.spec.training).quantised, DTYPES[inputs.precision.dtype]
    if not inputs.method.trains_base:
        compute_in(base, kind, quantised=quantised)
    try:
        model = inputs.method.apply(base, inputs.spec.method_params, run_context)
    except ValueError as error:  # PEFT's word for modules that the model does not have
        raise Fault("training.no_modules", reason=str(error)[:300]) from error
    if trained_format(inputs.spec.training).rounded:
        in_chosen_format(model, inputs.spec.training)
    elif not inputs.method.trains_base:
        settle_in(model, kind)
    if quantised and kind_of(inputs.device).memory is not None:
        set_words_aside(model)
    model.config.use_cache = False
    give_back()  # DoRA's norms, PiSSA's decomposition and the like leave hundreds of megabytes of heap behind
    return model


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
