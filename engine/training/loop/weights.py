"""Loading a base model for training, and writing what was trained."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.devices import kind_of
from engine.methods.common.declaration import Method, RunContext
from engine.models.base.sound_config import read_model
from engine.models.tuned.checkpoints import STATE_FILE, TRAINED_FILE
from engine.models.tuned.rounding import fitting, save_as
from engine.optimizers.trained_format import trained_format
from engine.training.forward.four_bits import keep_layout, leave_file
from engine.training.heads.scalar import save_head, without_head

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
DELTA_FILE = "delta.safetensors"
_log = logging.getLogger(__name__)


def load_base(folder: Path, method: Method, training: Mapping[str, Any], device: Device, precision: Precision) -> Any:
    """The base model, on its device, in the format that the method trains on.

    Raises:
        Fault: "model.*" when the folder must not be loaded, "training.model_unreadable" when it cannot be.
    """
    packing = base_format(training).packing
    half = DTYPES[precision.dtype]
    whole = method.trains_base and not trained_format(training).rounded
    options: dict[str, Any] = {"dtype": torch.float32 if whole else half}
    if packing is not None:
        options["quantization_config"] = packing.config(half, bool(training["double_quantisation"]))
    try:
        model = read_model(folder, torch_device(device), **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if packing is not None:
        keep_layout(model)
        model.requires_grad_(False)
        leave_file(model)
    model.config.use_cache = False
    return model


def torch_device(device: Device) -> torch.device:
    """The device as torch sees it: the one that is left visible to this process."""
    return torch.device(kind_of(device).torch_name)


def save_result(model: Any, method: Method, folder: Path, run: RunContext, dtype: str = "fp32") -> None:
    """What the job made, in the form that the method declares. A whole model is written in the number format `dtype`; a head
    that the objective put on it lies beside it."""
    with without_head(model) as head:
        _save_body(model, method, folder, run, dtype)
    if head is not None and head.kept:
        save_head(head, folder)


def _save_body(model: Any, method: Method, folder: Path, run: RunContext, dtype: str) -> None:
    if method.save is not None:
        method.save(model, folder, run)
    elif method.saves == "delta":
        save_file(_trained(model), folder / DELTA_FILE)
    elif method.saves == "adapter":
        model.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
    else:
        save_as(model, fitting(model, dtype), folder)


def save_trained(model: Any, method: Method, folder: Path) -> None:
    """Everything that training has changed, for a checkpoint: the trained parameters and the method's own state."""
    save_file(_trained(model), folder / TRAINED_FILE)
    if method.state is not None:
        own = {name: tensor.detach().cpu().contiguous() for name, tensor in method.state(model).items()}
        save_file(own, folder / STATE_FILE)


def load_trained(model: Any, method: Method, folder: Path) -> None:
    """Put back what `save_trained` wrote into a model to which the method was applied in the same way.

    Raises:
        Fault: "training.checkpoint_foreign" where it names a parameter that the model lacks.
    """
    stored = load_file(folder / TRAINED_FILE)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in stored:
                parameter.copy_(stored.pop(name))
    if stored:
        raise Fault("training.checkpoint_foreign", name=next(iter(stored)))
    if method.restore is not None and (folder / STATE_FILE).is_file():
        method.restore(model, load_file(folder / STATE_FILE))


def _trained(model: nn.Module) -> dict[str, torch.Tensor]:
    parameters = model.named_parameters()
    return {name: one.detach().cpu().contiguous() for name, one in parameters if one.requires_grad}


def trained_parameters(model: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
