"""Where a tuned model shall run, and the form that serves it there: what page, command line, README and docs derive from.

Nobody asks for one by its key. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text


@dataclass(frozen=True)
class UseLine:
    """One of the lines with which a form is put to use.

    Attributes:
        says: what to do, for people.
        code: what to type, if anything; `{name}` stands for the folder that was taken away, `{tag}` for a short name of the model,
            `{model}` for its name, `{url}` for the address of Tunesmith.
    """

    says: Text
    code: str = ""


@dataclass(frozen=True)
class Way:
    """One form that serves a destination.

    Attributes:
        form: key of the form, or one that stands for it (`engine.exports.meant`); empty where Tunesmith itself serves the model.
        lines: how it is put to use.
        params: settings of the form that suit; what is not named has its default.
    """

    form: str
    lines: tuple[UseLine, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Destination:
    """A place where a model is wanted.

    Attributes:
        key: on the command line and in addresses of pages.
        label: its name for people.
        help: who wants that, in a sentence.
        ways: forms that serve it, the best one first.
    """

    key: str
    label: Text
    help: Text
    ways: tuple[Way, ...]


def _line(says: Text, code: str = "") -> UseLine:
    return UseLine(says, code)


_ASK = """curl {url}/v1/chat/completions -H "Authorization: Bearer YOUR_KEY" -H "Content-Type: application/json" -d '{"model": "{model}", "messages": [{"role": "user", "content": "Hello!"}]}'"""
_LOAD = """from transformers import pipeline
ask = pipeline("text-generation", "{name}")"""
_SAY = """said = ask([{"role": "user", "content": "Hello!"}], max_new_tokens=200)
print(said[0]["generated_text"][-1]["content"])"""
_FOLDER = _line(Text("exports.destinations.lines.folder"), "cd {name}")
_README = _line(Text("exports.destinations.lines.readme"))
_PUT, _CHAT = _line(Text("exports.destinations.lm_studio.put")), _line(Text("exports.destinations.lm_studio.chat"))
_Q8 = {"dtype": "q8_0"}

SERVED = Way(
    "",
    (
        _line(Text("exports.destinations.api.key")),
        _line(Text("exports.destinations.api.address"), "{url}/v1"),
        _line(Text("exports.destinations.api.ask"), _ASK),
    ),
)
_PLAIN = Way("merged", (_line(Text("exports.destinations.python.install"), "pip install torch transformers"), _line(Text("exports.destinations.python.load"), _LOAD), _line(Text("exports.destinations.python.ask"), _SAY)))  # fmt: skip
_BESIDE_BASE = Way(
    "adapter",
    (_line(Text("exports.destinations.python.install"), "pip install torch transformers peft"), _FOLDER, _README),
)

OLLAMA = Destination(
    "ollama",
    Text("exports.destinations.ollama.label"),
    Text("exports.destinations.ollama.help"),
    (Way("ollama", (_FOLDER, _line(Text("exports.destinations.ollama.create"), "ollama create {tag} -f Modelfile"), _line(Text("exports.destinations.ollama.run"), "ollama run {tag}"))),),
)  # fmt: skip
LM_STUDIO = Destination(
    "lm-studio",
    Text("exports.destinations.lm_studio.label"),
    Text("exports.destinations.lm_studio.help"),
    (Way("gguf", (_line(Text("exports.destinations.lm_studio.install")), _PUT, _CHAT), _Q8),),
)
LLAMA_CPP = Destination(
    "llama.cpp",
    Text("exports.destinations.llama_cpp.label"),
    Text("exports.destinations.llama_cpp.help"),
    (Way("gguf", (_FOLDER, _line(Text("exports.destinations.llama_cpp.serve"), "llama-server -m model.gguf --jinja"), _line(Text("exports.destinations.llama_cpp.open"), "http://127.0.0.1:8080")), _Q8),),
)  # fmt: skip
VLLM = Destination(
    "vllm",
    Text("exports.destinations.vllm.label"),
    Text("exports.destinations.vllm.help"),
    (Way("merged", (_line(Text("exports.destinations.vllm.install"), "pip install vllm"), _line(Text("exports.destinations.vllm.serve"), "vllm serve ./{name} --served-model-name {tag}"), _line(Text("exports.destinations.vllm.ask"), "http://127.0.0.1:8000/v1"))),),
)  # fmt: skip
PYTHON = Destination(
    "python",
    Text("exports.destinations.python.label"),
    Text("exports.destinations.python.help"),
    (_PLAIN, _BESIDE_BASE),
)
COLLEAGUE = Destination(
    "colleague",
    Text("exports.destinations.colleague.label"),
    Text("exports.destinations.colleague.help"),
    (Way("gguf", (_line(Text("exports.destinations.colleague.send")), _PUT, _CHAT), _Q8),),
)
ONNX = Destination(
    "onnx",
    Text("exports.destinations.onnx.label"),
    Text("exports.destinations.onnx.help"),
    (
        Way(
            "onnx",
            (
                _line(Text("exports.destinations.onnx.install"), "pip install onnxruntime transformers"),
                _FOLDER,
                _README,
            ),
        ),
    ),
)
API = Destination("api", Text("exports.destinations.api.label"), Text("exports.destinations.api.help"), (SERVED,))

DESTINATIONS: tuple[Destination, ...] = (OLLAMA, LM_STUDIO, LLAMA_CPP, VLLM, PYTHON, COLLEAGUE, ONNX, API)
_BY_KEY = {one.key: one for one in DESTINATIONS}


def destination_of(key: str) -> Destination:
    """The destination of that key. Raises Fault("export.unknown_destination")."""
    if key not in _BY_KEY:
        raise Fault("export.unknown_destination", destination=str(key)[:40], known=", ".join(_BY_KEY))
    return _BY_KEY[key]


def way_to(destination: Destination, possible: Callable[[str], bool], *, talks: bool) -> Way | None:
    """How a model gets there: the first form that can be had; else what works nearest to it, Tunesmith's API or Python.

    Args:
        possible: (key of a form) -> whether the model can be had in it.
        talks: it answers in words, so that the API serves it.
    """
    nearest = (*destination.ways, SERVED, *PYTHON.ways)
    return next((way for way in nearest if (possible(way.form) if way.form else talks)), None)


def filled_code(code: str, *, name: str, model: str, url: str = "{url}") -> str:
    """A line's code with the names of one model; whoever knows the address of Tunesmith fills it in."""
    values = {
        "{name}": name,
        "{tag}": short_name(model),
        "{model}": model.replace('"', '\\"').replace("'", ""),
        "{url}": url,
    }
    for place, value in values.items():
        code = code.replace(place, value)
    return code


def short_name(model: str) -> str:
    """A model's name as Ollama and servers take it: small letters, digits and hyphens."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in model.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "my-model"
