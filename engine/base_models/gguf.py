"""Turns a GGUF file into safetensors that everything else can read. Imports torch: for workers only."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.errors import Fault


def convert(file: Path, target: Path) -> None:
    """Write the model of a GGUF file, in fp32 and with its tokenizer, to the folder `target`, which is complete or not there.

    Raises:
        Fault: "model.gguf_unreadable", with the reader's reason.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    where = {"gguf_file": file.name, "trust_remote_code": False, "local_files_only": True}
    try:
        model = AutoModelForCausalLM.from_pretrained(str(file.parent), dtype=torch.float32, **where)
        tokenizer = AutoTokenizer.from_pretrained(str(file.parent), **where)
    except Exception as error:  # an unknown architecture or type of tensor, a truncated file ...
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Fault("model.gguf_unreadable", file=file.name, reason=reason[:300]) from error
    # It is plain fp32 now: without its mark of quantisation it is saved and loaded like any other model.
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    partial.rename(target)
