"""A GGUF file with what Ollama needs beside it: how conversations are written, and the playground's settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.common.declaration import ExportSource, ReadmePart, Values
from engine.exports.forms.gguf import FILE, GGUF
from engine.serving.answer_params import ANSWER_PARAMS

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

_HELP = {"system": Text("exports.ollama.system.help")}
_CODE = """
```sh
ollama create tuned -f Modelfile
ollama run tuned
curl http://127.0.0.1:11434/v1/chat/completions -d '{"model": "tuned", "messages": [{"role": "user", "content": "Hello!"}]}'
```
"""


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.ollama.writing import write_beside

    facts = GGUF.write(source, values, draft, progress)
    write_beside(source, values, draft / FILE)
    return facts


OLLAMA = replace(
    GGUF,
    key="ollama",
    label=Text("exports.ollama.label"),
    help=Text("exports.ollama.help"),
    suffix="ollama",
    write=_write,
    readme=lambda _source: ReadmePart(Text("exports.ollama.about"), _CODE),
    proof=Text("exports.ollama.proof"),
    params=(*GGUF.params, *(replace(one, help=_HELP.get(one.key, one.help)) for one in ANSWER_PARAMS)),
)
