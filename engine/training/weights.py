"""Loading a base model for training, and writing what was trained."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from engine.base_models.inspect import inspect_folder
from engine.errors import Fault
from engine.hardware import Device, Precision
from engine.methods import Method

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
_log = logging.getLogger(__name__)


def load_base(folder: Path, method: Method, values: Any, device: Device, precision: Precision) -> Any:
    """The base model, on its device, in the format that the method trains on.

    Raises:
        Fault: "model.*" when the folder must not be loaded, "training.model_unreadable" when it cannot be.
    """
    inspect_folder(folder)
    kind = method.quantised_base(values)
    half = _DTYPES[precision.dtype]
    trained_whole = method.saves == "full"
    options: dict[str, Any] = {"dtype": torch.float32 if trained_whole else half}
    if kind is not None:
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=kind,
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=half,
            bnb_4bit_quant_storage=torch.uint8,
        )
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            device_map={"": torch_device(device)},
            **options,
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise Fault("training.model_unreadable", reason=str(error)[:300]) from error
    if kind is not None:
        _keep_gradients(model)
    model.config.use_cache = False
    return model


def _keep_gradients(model: nn.Module) -> None:
    """Stop bitsandbytes from repacking 4-bit weights at the first pass without gradients.

    It does so on processors with AVX512-BF16, and no gradient goes through the packed form: training after an evaluation
    would be silently wrong (bitsandbytes 0.50.2, `Linear4bit.forward` and `matmul_4bit`).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def torch_device(device: Device) -> torch.device:
    """The device as torch sees it: the one GPU that is left visible to this process, or the processor."""
    return torch.device("cuda", 0) if device.is_gpu else torch.device("cpu")


def save_weights(model: Any, folder: Path) -> None:
    """What was trained, as safetensors: a PEFT folder for adapters, the whole model otherwise."""
    if hasattr(model, "peft_config"):
        model.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
    else:
        model.save_pretrained(folder)


def trained_parameters(model: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
