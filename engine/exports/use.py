"""What a README says to people who want to use a folder: which file is what, and the lines for each place where it runs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat
from engine.exports.destinations import DESTINATIONS, Destination, Way, filled_code

_SYSTEMS = Text("exports.use.systems")
_TITLE = Text("exports.use.title")
_FILES = Text("exports.use.files")
_FILE_HEADS = (Text("exports.use.file"), Text("exports.use.what"))
_KINDS = (  # the first that fits says what a file is
    ("*.gguf", Text("exports.use.kind.gguf")),
    ("Modelfile", Text("exports.use.kind.modelfile")),
    ("adapter_model*.safetensors", Text("exports.use.kind.adapter")),
    ("adapter_config.json", Text("exports.use.kind.adapter_settings")),
    ("delta.safetensors", Text("exports.use.kind.delta")),
    ("head.safetensors", Text("exports.use.kind.head")),
    ("*.safetensors*", Text("exports.use.kind.weights")),
    ("*.onnx*", Text("exports.use.kind.onnx")),
    ("shots.json", Text("exports.use.kind.shots")),
    ("chat_template*", Text("exports.use.kind.template")),
    ("*token*", Text("exports.use.kind.tokenizer")),
    ("generation_config.json", Text("exports.use.kind.generation")),
    ("config.json", Text("exports.use.kind.config")),
)


def how_to_use(form: ExportFormat, folder: Path, name: str, model: str, language: str, *, talks: bool) -> str:
    """Markdown, before the Python lines: what lies in the folder, and how it is put to use on Windows, Mac and Linux.

    Args:
        folder: the files, as they were written.
        name: of the folder that is taken away.
        model: name of the tuned model.
        talks: it answers in words; the lines of places are for such alone.
    """
    parts = [f"## {_FILES.in_(language)}", _files(folder, language)]
    places = list(_places(form)) if talks else []
    if places:
        parts += [f"## {_TITLE.in_(language)}", _SYSTEMS.in_(language)]
    for place, way in places:
        parts += [f"### {place.label.in_(language)}", place.help.in_(language), _lines(way, name, model, language)]
    return "\n" + "\n\n".join(parts) + "\n"


def _places(form: ExportFormat) -> Iterator[tuple[Destination, Way]]:
    """Where such a folder runs; what is used by the same lines is told once."""
    for place in DESTINATIONS:
        way = next((one for one in place.ways if one.form == form.key or one.form in form.also), None)
        if way is not None:
            yield place, way


def _lines(way: Way, name: str, model: str, language: str) -> str:
    told = []
    for number, line in enumerate(way.lines, start=1):
        code = filled_code(line.code, name=name, model=model)
        block = "\n\n   ```\n" + "\n".join(f"   {one}" for one in code.splitlines()) + "\n   ```" if code else ""
        told.append(f"{number}. {line.says.in_(language)}{block}")
    return "\n".join(told)


def _files(folder: Path, language: str) -> str:
    rows = [f"| {' | '.join(head.in_(language) for head in _FILE_HEADS)} |", "|---|---|"]
    for file in sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()):
        said = next((text for pattern, text in _KINDS if fnmatch(file.rpartition("/")[2], pattern)), None)
        if file != "README.md":
            rows.append(f"| `{file}` | {said.in_(language) if said else ''} |")
    return "\n".join(rows)
