"""Reading models from disk: safetensors only, no code from the folder, nothing from a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Fault
from engine.models.base.inspect import inspect_folder
from engine.models.tuned.results import ADAPTER_WEIGHTS
from engine.training.forward.four_bits import keep_layout, leave_file

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def _four_bit(device: str) -> dict[str, Any]:
    from transformers import BitsAndBytesConfig

    compute = torch.float32
    if device != "cpu":
        compute = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    return {"quantization_config": settings, "dtype": compute}


def load_model(folder: Path | str, dtype: str, device: str) -> Any:
    """A causal language model, ready to answer.

    Args:
        dtype: "fp32", "bf16", "fp16" or "nf4".

    Raises:
        Fault: "model.*" when the folder must not be loaded.
    """
    from transformers import AutoModelForCausalLM

    inspect_folder(Path(folder))
    form = _four_bit(device) if dtype == "nf4" else {"dtype": DTYPES[dtype]}
    model = AutoModelForCausalLM.from_pretrained(
        str(folder),
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        device_map={"": device},
        **form,
    )
    if dtype == "nf4":
        keep_layout(model)
        leave_file(model)
    return model.eval().requires_grad_(False)


def load_adapter(model: Any, folder: Path | str, name: str) -> Any:
    """`model` with the adapter of `folder` added to its weights under `name`; a PEFT model takes it in as one more.

    Raises:
        Fault: "chat.no_safetensors", where PEFT would fall back on a pickle.
    """
    from peft import PeftModel

    import engine.training.tuners  # noqa: F401 (tells PEFT of our own kinds)

    if not (Path(folder) / ADAPTER_WEIGHTS).is_file():
        raise Fault("chat.no_safetensors")
    device = str(model.device)
    if isinstance(model, PeftModel):
        model.load_adapter(str(folder), adapter_name=name, is_trainable=False, torch_device=device)
    else:
        model = PeftModel.from_pretrained(
            model, str(folder), adapter_name=name, is_trainable=False, torch_device=device
        )
    return model.eval()


def attach_side(model: Any, folder: Path) -> Any:
    """`model` with the side network of `folder` reading its activations; called and cached like a model."""
    from engine.training.tuners.ladder import attach

    return attach(model, folder)
