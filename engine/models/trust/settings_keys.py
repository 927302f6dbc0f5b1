"""Settings of a model's JSON files that choose program code, a kernel or another file: each is refused, at any depth.

Read off what transformers 5 and PEFT read without being asked. A setting that says nothing (null, empty, false) is harmless. Names
of earlier folders (`_name_or_path`) stay: nothing is read from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault

_PRIVATE = re.compile(r"^_.*_implementation_internal$")
_OWN_CODE = frozenset({
    "auto_map", "custom_pipelines", "custom_generate", "trust_remote_code", "code_revision", "modeling_file", "auto_mapping",
})  # fmt: skip
_KERNELS = frozenset({
    "kernel_config", "use_kernels", "allow_all_kernels", "fusion_config", "compile_config", "distributed_config",
    "distributed_type", "device_map", "tp_plan", "ep_plan", "pp_plan", "tokenizer_object",
})  # fmt: skip
_OTHER_FILES = frozenset({
    "transformers_weights", "configuration_files", "fast_tokenizer_files", "extra_files", "init_inputs", "gguf_file", "vocab_file",
    "merges_file", "spm_file", "subfolder", "adapter_kwargs", "_adapter_model_path", "backbone", "backbone_kwargs",
    "use_pretrained_backbone", "use_timm_backbone", "pretrained_model_name_or_path", "encoder_name_or_path",
    "decoder_name_or_path", "mecab_kwargs", "sudachi_kwargs", "jumanpp_kwargs",
})  # fmt: skip
_QUANTISED = ("quantization_config", "compression_config")
_PLAIN_CACHE = "cache_implementation"  # names a cache of the library; nothing of ours reads it
_NOTE = "_attn_implementation_autoset"  # whether transformers chose by itself, which earlier versions wrote down
_KERNEL = re.compile(r"(^|_)kernels?(_|$)")
_CLASSES = ("tokenizer_class", "processor_class", "model_type", "architectures", "image_processor_type",
            "feature_extractor_type", "video_processor_type", _PLAIN_CACHE)  # fmt: skip
_PLAIN = re.compile(r"^[A-Za-z0-9_.-]*$")


def refuse_keys(content: Mapping[str, Any], file: str) -> None:
    """Refuse settings that make a loader run or fetch code, take another kernel or read another file.

    Raises:
        Fault: "model.own_code", "model.private_key", "model.chooses_code", "model.names_file", "model.foreign_class" or
            "model.quantised", with the file and the key.
    """
    for key, value in _settings(content):
        if _PRIVATE.match(key):
            raise Fault("model.private_key", file=file, key=key[:80])
        if says_nothing(value):
            continue
        if (code := _refusal(key, value)) is not None:
            raise Fault(code, file=file, key=key[:80], value=str(value)[:80])
        if key in _QUANTISED:
            raise Fault(
                "model.quantised", method=str(value.get("quant_method", "?") if isinstance(value, dict) else "?")
            )


def says_nothing(value: Any) -> bool:
    """Whether a setting is as good as left out."""
    return value is None or value is False or value in ("", [], {})


def _settings(content: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, whatever it lies in."""
    left = [content]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            yield from value.items()
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)


def _refusal(key: str, value: Any) -> str | None:
    if key in _OWN_CODE:
        return "model.own_code"
    if key in _KERNELS or _chooses_implementation(key, value) or (_KERNEL.search(key) and _names_something(value)):
        return "model.chooses_code"
    if key in _OTHER_FILES:
        return "model.names_file"
    return "model.foreign_class" if key in _CLASSES and not _plain(value) else None


def _chooses_implementation(key: str, value: Any) -> bool:
    if key == _PLAIN_CACHE or (key == _NOTE and isinstance(value, bool)):
        return False
    return "implementation" in key


def _names_something(value: Any) -> bool:
    """A size of a convolution is called a kernel too: those are numbers."""
    if isinstance(value, Mapping):
        return True
    return isinstance(value, str) or (isinstance(value, list) and any(_names_something(one) for one in value))


def _plain(value: Any) -> bool:
    """A name of the library, without a path, a module or a repository in it."""
    names = value if isinstance(value, list) else [value]
    return all(isinstance(name, str) and _PLAIN.match(name) and "--" not in name and ".." not in name for name in names)
