"""What was learnt, in llama.cpp's form: a small file that it puts on the base's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.common.declaration import ROUNDED, ExportFormat, ExportSizes, ExportSource, ReadmePart, Values
from engine.exports.common.number_format import memory_mb
from engine.exports.gguf.families import why_not_written
from engine.exports.proof.llama_cpp import LLAMA_CPP
from engine.methods.common.declaration import Method

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

FILE, _TEMPLATE, _BASE = "adapter.gguf", "chat_template.jinja", "base.gguf"
_NO_PAIRS = Text("exports.gguf_adapter.no_pairs")
_CODE = """
```sh
llama-server -m base.gguf --lora adapter.gguf --chat-template-file chat_template.jinja   # base.gguf: {reference!r} as GGUF
```
"""


def _write(source: ExportSource, _values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.gguf.adapter import write_adapter
    from engine.exports.writing.result_files import verified
    from engine.models.base.paths import tokenizer_folder

    progress.phase("saving")
    digest = verified(source, progress)
    told = write_adapter(source.folder, _config(source), source.tuned.name, draft / FILE)
    template = tokenizer_folder(source.ctx.settings, source.base) / _TEMPLATE
    if template.is_file():
        shutil.copyfile(template, draft / _TEMPLATE)
    return told | {"weights_hash": digest, "base_weights_hash": source.base.weights_hash}


def _config(source: ExportSource) -> Any:
    from transformers import AutoConfig

    from engine.models.base.integrity import intact_settings

    return AutoConfig.from_pretrained(intact_settings(source.ctx.settings, source.base))


def _foundation(source: ExportSource, folder: Path, progress: ByteProgress) -> None:
    """The base as llama.cpp's file, with the tokenizer and the template that training used."""
    from engine.exports.gguf.export import write_model
    from engine.exports.gguf.number_formats import BY_KEY
    from engine.models.base.integrity import intact_weights
    from engine.models.base.paths import tokenizer_folder
    from engine.serving.runtime.loading import load_model

    settings = source.ctx.settings
    base = load_model(intact_weights(settings, source.base, whole=False), "fp32", "cpu")
    words = tokenizer_folder(settings, source.base)
    write_model(base, words, source.base.name, BY_KEY["f16"], folder / _BASE, progress)


def _folder_bytes(sizes: ExportSizes, _values: Values) -> int:
    """Its own; the base's 16-bit file, which the proof needs, takes no more than what is set aside for a zip and this."""
    return sizes.result_bytes + sizes.base_parameters


def _why_not(method: Method) -> Text | None:
    return None if method.as_pairs else _NO_PAIRS


GGUF_ADAPTER = ExportFormat(
    key="gguf_adapter",
    label=Text("exports.gguf_adapter.label"),
    help=Text("exports.gguf_adapter.help"),
    made_of=("adapter",),
    suffix="adapter-gguf",
    write=_write,
    readme=lambda _source: ReadmePart(Text("exports.gguf_adapter.about"), _CODE),
    folder_bytes=_folder_bytes,
    proof=Text("exports.gguf_adapter.proof"),
    reader=lambda _source: LLAMA_CPP,
    foundation=_foundation,
    limits=lambda _values: ROUNDED,
    memory_mb=memory_mb,
    why_not=_why_not,
    unfit=why_not_written,
)
