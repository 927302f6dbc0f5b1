"""Programs that serve a model to many: the exact commands for one model, of each form that they take. Page and docs derive from it.

Commands follow the programs' own documents: vLLM's `vllm serve` and "LoRA Adapters", llama.cpp's tools/server/README.md, Ollama's
"Importing a Model" and "Modelfile Reference". Nobody asks for a program by its key. Imports no torch.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.text import Text
from engine.exports.destinations import UseLine

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM makes room for
_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # as vLLM calls them
_KEY = "$SERVER_KEY"


@dataclass(frozen=True)
class ServedCopy:
    """One model as a program is to serve it.

    Attributes:
        folder: of the export, as it is typed: its path, or its name once the zip is unpacked.
        tag: short name by which clients ask.
        base: the base model, by its name on a hub or its folder.
        context: tokens that it reads and writes in all; None where nobody says.
        dtype: number format of the weights, as the form's setting says it; None where it is the model's own.
        adapter: PEFT's description of the adapter; None of what is none.
    """

    folder: str
    tag: str
    base: str
    context: int | None
    dtype: str | None
    adapter: Mapping[str, Any] | None

    @property
    def rank(self) -> int:
        """The largest rank of its modules."""
        told = self.adapter or {}
        return max([int(told.get("r") or 0), *(int(one) for one in (told.get("rank_pattern") or {}).values())])


@dataclass(frozen=True)
class ServingWay:
    """One form that a program takes.

    Attributes:
        form: key of the form, or one that stands for it.
        about: what is good about it.
        lines: (copy) -> what to do, in order.
        params: settings of the form that suit; others have their defaults.
        why_not: (copy) -> why the program does not take this one; None where it does.
    """

    form: str
    about: Text
    lines: Callable[[ServedCopy], tuple[UseLine, ...]]
    params: Mapping[str, Any] = field(default_factory=dict)
    why_not: Callable[[ServedCopy], Text | None] = lambda _copy: None


@dataclass(frozen=True)
class ServingProgram:
    """A program that serves models.

    Attributes:
        key: of it.
        label: its name.
        help: when to choose it.
        address: where clients find its OpenAI-compatible API.
        source: address of its documents.
        ways: forms that it takes, the best one first.
        keyed: it is started with a key that clients must send.
    """

    key: str
    label: Text
    help: Text
    address: str
    source: str
    ways: tuple[ServingWay, ...]
    keyed: bool = True


def _line(says: Text, *words: str) -> UseLine:
    return UseLine(says, " ".join(words))


def _vllm(copy: ServedCopy, model: str, *more: str) -> UseLine:
    dtype = _DTYPES.get(copy.dtype or "", "auto")
    length = ("--max-model-len", str(copy.context)) if copy.context else ()
    options = ("--dtype", dtype, *length, *more, "--host 127.0.0.1 --port 8000 --api-key", f'"{_KEY}"')
    return _line(Text("exports.serving_programs.vllm.serve"), "vllm serve", shlex.quote(model), *options)


def _vllm_whole(copy: ServedCopy) -> tuple[UseLine, ...]:
    served = _vllm(copy, copy.folder, "--served-model-name", copy.tag)
    return (_line(Text("exports.serving_programs.vllm.install"), "pip install vllm"), served)


def _vllm_adapter(copy: ServedCopy) -> tuple[UseLine, ...]:
    room = next((one for one in _RANKS if one >= copy.rank), _RANKS[-1])
    module = shlex.quote(f"{copy.tag}={copy.folder}")
    words = ("--tokenizer", shlex.quote(copy.folder))  # its chat template is the one that was trained with
    served = _vllm(copy, copy.base, *words, "--enable-lora --max-lora-rank", str(room), "--lora-modules", module)
    return (_line(Text("exports.serving_programs.vllm.install"), "pip install vllm"), served)


def _not_by_vllm(copy: ServedCopy) -> Text | None:
    """Adapters that vLLM refuses: it takes plain LoRA up to a rank, without DoRA, biases and whole modules."""
    told = copy.adapter or {}
    if told.get("peft_type") != "LORA":
        return Text("exports.serving_programs.vllm.only_lora")
    odd = told.get("use_dora") or told.get("modules_to_save") or told.get("bias", "none") != "none"
    if odd or told.get("lora_bias") or copy.rank > _RANKS[-1]:
        return Text("exports.serving_programs.vllm.plain_lora")
    return None


def _llama(copy: ServedCopy, *model: str) -> UseLine:
    length = ("-c", str(copy.context)) if copy.context else ()
    options = (*length, "--alias", copy.tag, "--jinja --host 127.0.0.1 --port 8080 --api-key", f'"{_KEY}"')
    return _line(Text("exports.serving_programs.llama_cpp.serve"), "llama-server", *model, *options)


def _llama_whole(copy: ServedCopy) -> tuple[UseLine, ...]:
    return (
        _line(Text("exports.serving_programs.llama_cpp.install")),
        _llama(copy, "-m", shlex.quote(f"{copy.folder}/model.gguf")),
    )


def _llama_adapter(copy: ServedCopy) -> tuple[UseLine, ...]:
    model = ("-m base.gguf --lora", shlex.quote(f"{copy.folder}/adapter.gguf"))
    template = ("--chat-template-file", shlex.quote(f"{copy.folder}/chat_template.jinja"))
    return (
        _line(Text("exports.serving_programs.llama_cpp.install")),
        _line(Text("exports.serving_programs.llama_cpp.base")),
        _llama(copy, *model, *template),
    )


def _ollama(copy: ServedCopy) -> tuple[UseLine, ...]:
    create = f"cd {shlex.quote(copy.folder)} && ollama create {copy.tag} -f Modelfile"
    length = f"OLLAMA_CONTEXT_LENGTH={copy.context} " if copy.context else ""
    return (
        _line(Text("exports.serving_programs.ollama.serve"), f"{length}ollama serve"),
        _line(Text("exports.serving_programs.ollama.create"), create),
        _line(Text("exports.serving_programs.ollama.run"), f"ollama run {copy.tag}"),
    )


def _ollama_gguf(copy: ServedCopy) -> tuple[UseLine, ...]:
    serve, create, run = _ollama(copy)
    file = f"echo 'FROM ./model.gguf' > {shlex.quote(copy.folder + '/Modelfile')}"
    return (serve, _line(Text("exports.serving_programs.ollama.modelfile"), file), create, run)


_Q8 = {"dtype": "q8_0"}
VLLM_SERVER = ServingProgram(
    "vllm",
    Text("exports.serving_programs.vllm.label"),
    Text("exports.serving_programs.vllm.help"),
    "http://127.0.0.1:8000/v1",
    "https://docs.vllm.ai/en/stable/features/lora.html",
    (
        ServingWay("merged", Text("exports.serving_programs.vllm.merged"), _vllm_whole),
        ServingWay("adapter", Text("exports.serving_programs.vllm.adapter"), _vllm_adapter, why_not=_not_by_vllm),
    ),
)
LLAMA_SERVER = ServingProgram(
    "llama.cpp",
    Text("exports.serving_programs.llama_cpp.label"),
    Text("exports.serving_programs.llama_cpp.help"),
    "http://127.0.0.1:8080/v1",
    "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    (
        ServingWay("gguf", Text("exports.serving_programs.llama_cpp.gguf"), _llama_whole, _Q8),
        ServingWay("gguf_adapter", Text("exports.serving_programs.llama_cpp.adapter"), _llama_adapter),
    ),
)
OLLAMA_SERVER = ServingProgram(
    "ollama",
    Text("exports.serving_programs.ollama.label"),
    Text("exports.serving_programs.ollama.help"),
    "http://127.0.0.1:11434/v1",
    "https://docs.ollama.com/modelfile",
    (
        ServingWay("ollama", Text("exports.serving_programs.ollama.folder"), _ollama),
        ServingWay("gguf", Text("exports.serving_programs.ollama.gguf"), _ollama_gguf, _Q8),
    ),
    keyed=False,
)
SERVING_PROGRAMS: tuple[ServingProgram, ...] = (VLLM_SERVER, LLAMA_SERVER, OLLAMA_SERVER)
