"""Reading models from disk: safetensors only, no code from the folder, nothing from a hub."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from engine.base_formats import answered_in
from engine.base_formats.declaration import Packing
from engine.core.errors import Fault
from engine.devices import device_of, kind_for_torch
from engine.models.base.sound_config import read_model
from engine.models.trust.adapter_settings import refuse_adapter_settings
from engine.models.tuned.results import ADAPTER_CONFIG, ADAPTER_WEIGHTS, adapter_config
from engine.serving.protocol import EIGHT_BITS, Weights
from engine.serving.runtime.lean.eight_bits import pack
from engine.training.forward.four_bits import keep_layout, leave_file
from engine.training.limits.memory_use import give_back

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, EIGHT_BITS: torch.float32}


def _packed(packing: Packing, device: str) -> dict[str, Any]:
    """How transformers is to quantise a base that answers on `device`, its scales too."""
    compute = DTYPES[kind_for_torch(torch.device(device).type).answering()]
    return {"quantization_config": packing.config(compute, True), "dtype": compute}


def load_model(folder: Path | str, dtype: str, device: str) -> Any:
    """A causal language model, ready to answer.

    Args:
        dtype: "fp32", "bf16", "fp16", `EIGHT_BITS`, or the key of a quantised format.
        device: as torch calls it.

    Raises:
        Fault: "model.*" when the folder must not be loaded.
    """
    held = answered_in(dtype)
    form = _packed(held.packing, device) if held and held.packing else {"dtype": DTYPES[dtype]}
    model = read_model(Path(folder), device, **form)
    if held is not None:
        keep_layout(model)
        leave_file(model)
    if dtype == EIGHT_BITS:
        leave_file(pack(model))
    return model.eval().requires_grad_(False)


def load_adapter(model: Any, folder: Path | str, name: str) -> Any:
    """`model` with the adapter of `folder` added to its weights under `name`; a PEFT model takes it in as one more.

    Raises:
        Fault: "chat.no_safetensors", where PEFT would fall back on a pickle; "tuned.leads_elsewhere".
    """
    from peft import PeftModel

    import engine.training.tuners  # noqa: F401 (tells PEFT of our own kinds)

    if not (Path(folder) / ADAPTER_WEIGHTS).is_file():
        raise Fault("chat.no_safetensors")
    refuse_adapter_settings(adapter_config(Path(folder)), ADAPTER_CONFIG)
    device = str(model.device)
    if isinstance(model, PeftModel):
        model.load_adapter(str(folder), adapter_name=name, is_trainable=False, torch_device=device)
    else:
        model = PeftModel.from_pretrained(
            model, str(folder), adapter_name=name, is_trainable=False, torch_device=device
        )
    return model.eval()


@contextmanager
def result_folder(weights: Weights, device: str) -> Iterator[Path]:
    """The folder of a result, which for a checkpoint is made here and gone after the block.

    Args:
        device: key of the one on which it will answer.

    Raises:
        Fault: "training.checkpoint_foreign", or what stands in the way of loading its base.
    """
    if weights.recipe is None:
        yield Path(weights.path)
        return
    from engine.serving.runtime.checkpoint_results import write_checkpoint_result

    with tempfile.TemporaryDirectory(prefix="checkpoint-") as aside:
        target, scratch = Path(aside, "result"), Path(aside, "scratch")
        target.mkdir()
        scratch.mkdir()
        write_checkpoint_result(Path(weights.path), weights.recipe, target, scratch, device_of(device))
        give_back()
        yield target


def attach_side(model: Any, folder: Path) -> Any:
    """`model` with the side network of `folder` reading its activations; called and cached like a model."""
    from engine.training.tuners.ladder import attach

    return attach(model, folder)
