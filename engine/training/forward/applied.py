"""From a loaded base to the model that is trained. The playground makes it too, of a checkpoint: so nothing here brings a trainer."""

from __future__ import annotations

import random
from typing import Any, Protocol

import numpy as np
import torch

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.devices import kind_of
from engine.jobs.spec import JobSpec
from engine.methods.common.declaration import Method, RunContext
from engine.optimizers.trained_format import trained_format
from engine.training.forward.half_precision import compute_in, set_words_aside, settle_in
from engine.training.limits.memory_use import give_back
from engine.training.updates.choice import in_chosen_format

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def seed_everything(number: int) -> None:
    """Every source of random numbers."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


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
    quantised, kind = base_format(inputs.spec.training).quantised, _DTYPES[inputs.precision.dtype]
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
