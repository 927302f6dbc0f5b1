"""Turns a GGUF file into safetensors that everything else can read. Imports torch: for workers only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.hardware import cpu, disk
from engine.devices.cpu import CPU
from engine.models.architecture.shape import shape_of
from engine.models.base.gguf_config import config_of
from engine.models.base.gguf_header import check_header

_MB = 1e6
_FP32 = 4
_WORDS = "tokenizer.ggml.tokens"


def read_config(file: Path) -> dict[str, Any]:
    """The architecture by the file's metadata alone, in the words of a config.json.

    Raises:
        Fault: "model.gguf_unreadable", "model.gguf_beyond"; "model.config_unknown" for an architecture that no formula is known for.
    """
    from gguf import GGUFReader

    check_header(file)
    try:
        reader = GGUFReader(file)
        scalars = {key: field.contents() for key, field in reader.fields.items() if len(field.data) == 1}
    except Exception as error:  # not a GGUF file, or a part of one
        raise Fault("model.gguf_unreadable", file=file.name, reason=str(error)[:300]) from error
    words = reader.fields.get(_WORDS)
    counted = scalars if words is None else scalars | {_WORDS: len(words.data)}
    return config_of(counted, {tensor.name for tensor in reader.tensors})


def check_room(file: Path, target: Path) -> None:
    """Whether the model in fp32 goes into memory and onto the disk; nothing is known of an unknown architecture.

    Raises:
        Fault: "model.gguf_too_large", before anything is loaded.
    """
    try:
        need = _FP32 * shape_of(read_config(file)).parameters / _MB
    except Fault as fault:
        if fault.code == "model.config_unknown":
            return
        raise
    memory, (_total, free) = cpu().memory_mb - CPU.runtime_bytes / _MB, disk(target)
    if need > min(memory, free):
        raise Fault(
            "model.gguf_too_large", file=file.name, need_mb=round(need), memory_mb=round(memory), disk_mb=round(free)
        )


def convert(file: Path, target: Path) -> None:
    """Write the model of a GGUF file, in fp32 and with its tokenizer, to the folder `target`, which is complete or not there.

    It is read from a folder of its own: what lies beside it would be read as well.

    Raises:
        Fault: "model.gguf_unreadable", with the reader's reason; "model.gguf_beyond".
    """
    check_header(file)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    where = {"gguf_file": file.name, "trust_remote_code": False, "local_files_only": True}
    try:
        with _alone(file, target) as folder:
            model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32, **where)
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **where)
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


@contextmanager
def _alone(file: Path, target: Path) -> Iterator[Path]:
    """A folder beside `target` that holds this file and nothing else; a second name of it where the system gives one."""
    folder = target.with_name(target.name + ".source")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for put in (os.symlink, os.link, shutil.copyfile):
            try:
                put(file.resolve(), folder / file.name)
                break
            except OSError:
                if put is shutil.copyfile:
                    raise
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
