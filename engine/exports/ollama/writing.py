"""Writes the Modelfile of a GGUF file: the template, held against the model's own, and the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.exports.common.declaration import ExportSource, Values
from engine.exports.ollama.go_reading import rendered
from engine.exports.ollama.go_writing import go_template
from engine.exports.ollama.modelfile import Instruction, holds, read_modelfile, write_modelfile
from engine.exports.ollama.turns import SAMPLES, Conversation, Render, Turns, learnt
from engine.exports.writing.result_files import template_of

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

NAME = "Modelfile"
_TEXT_ALONE = "{{ .Prompt }}{{ .Response }}"  # of a model that knows no conversations
_MOST_CONTEXT = 8192  # tokens: memory is taken for all of them
_PARAMETERS = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "num_predict", "seed": "seed"}
_AS_HERE = {"top_k": "0", "min_p": "0", "repeat_penalty": "1"}  # the playground has none of them, Ollama has its own


def write_beside(source: ExportSource, values: Values, file: Path) -> None:
    """Put the Modelfile beside a GGUF file.

    Raises:
        Fault: "export.ollama_template", "export.ollama_system", "export.modelfile".
    """
    told = list(_instructions(source, values, file))
    text = write_modelfile(told)
    assert read_modelfile(text) == told, "each instruction was read as it is meant when it was written"
    (file.parent / NAME).write_text(text, encoding="utf-8", newline="\n")


def _instructions(source: ExportSource, values: Values, file: Path) -> Iterator[Instruction]:
    template = template_of(source)
    system = Instruction("system", str(values.get("system") or "").strip())
    in_template = bool(system.value) and not holds(system)
    yield Instruction("from", f"./{file.name}")
    yield Instruction("template", _template(source, template, file, system.value, in_template=in_template))
    if system.value and not in_template:
        yield system
    for key, name in _PARAMETERS.items():
        if values.get(key) is not None:
            yield Instruction("parameter", f"{values[key]:.10g}", name)
    for name, value in _AS_HERE.items():
        yield Instruction("parameter", value, name)
    yield Instruction("parameter", str(min(source.base.context_length or _MOST_CONTEXT, _MOST_CONTEXT)), "num_ctx")
    for mark in dict.fromkeys(template.closing_marks):
        yield Instruction("parameter", mark, "stop")


def _template(source: ExportSource, template: ChatTemplate, file: Path, system: str, *, in_template: bool) -> str:
    if not template.has_chat:
        return _TEXT_ALONE
    render = _without(begins(file), template)
    turns = learnt(render)
    written = go_template(turns) if turns else ""
    if turns is None or not _same(written, render, SAMPLES):
        raise Fault("export.ollama_template", model=source.base.name)
    if system:
        _check_system(turns, source)
    return go_template(turns, system) if in_template else written


def _check_system(turns: Turns, source: ExportSource) -> None:
    if turns.system == "nowhere":
        raise Fault("export.ollama_system", model=source.base.name)


def _without(begins_with: str, template: ChatTemplate) -> Render:
    """What the model's own template writes, less the token that Ollama puts before every prompt by itself."""

    def render(messages: Conversation) -> str:
        text = template.render(messages, add_generation_prompt=True)
        if not text.startswith(begins_with):
            raise Fault("export.ollama_template", model=begins_with)
        return text.removeprefix(begins_with)

    return render


def _same(written: str, render: Render, samples: Sequence[Conversation]) -> bool:
    """Whether both templates write all conversations alike that the model's own one takes."""
    compared = 0
    for messages in samples:
        try:
            expected = render(messages)
        except Fault:
            continue
        if rendered(written, messages) != expected:
            return False
        compared += 1
    return compared > 0


def begins(file: Path) -> str:
    """The token that is put before every text by what the file says; empty where none is."""
    import gguf

    fields = gguf.GGUFReader(file).fields
    adds = fields.get("tokenizer.ggml.add_bos_token")
    number = fields.get("tokenizer.ggml.bos_token_id")
    if adds is None or number is None or not adds.contents():
        return ""
    return str(fields["tokenizer.ggml.tokens"].contents(int(number.contents())))
