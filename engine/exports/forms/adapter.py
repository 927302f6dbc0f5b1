"""What was learnt, beside the base: modules in PEFT's format, or networks of our own."""

from __future__ import annotations

from pathlib import Path

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ExportSource, ReadmePart
from engine.exports.common.model_card import ASK_CODE
from engine.exports.common.number_format import memory_mb
from engine.exports.proof.declaration import ForeignReader
from engine.exports.proof.plain import PLAIN
from engine.exports.writing.result_files import as_large_as_it_is, write_as_it_is
from engine.models.tuned.results import adapter_config, kind_of

_PEFT = Text("exports.adapter.peft")
_OWN = Text("exports.adapter.own")
_SIDE = Text("exports.adapter.side")
_CODE = """
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

tokenizer = AutoTokenizer.from_pretrained(".")
settings = GenerationConfig.from_pretrained(".")  # eos_token_id: all that ends an answer
base = AutoModelForCausalLM.from_pretrained({reference!r}, generation_config=settings)
model = PeftModel.from_pretrained(base, ".")
"""
_OWN_CODE = """
```python
import engine.training.tuners  # from Tunesmith's source
"""


def _readme(source: ExportSource) -> ReadmePart:
    if kind_of(source.folder) == "side":
        return ReadmePart(_SIDE)
    code = _CODE + ASK_CODE
    if _is_peft(source.folder):
        return ReadmePart(_PEFT, code)
    return ReadmePart(_OWN, code.replace("\n```python\n", _OWN_CODE, 1))


def _reader(source: ExportSource) -> ForeignReader | None:
    """PEFT, where it knows such an adapter without our help."""
    return PLAIN if kind_of(source.folder) != "side" and _is_peft(source.folder) else None


def _is_peft(folder: Path) -> bool:
    """Whether PEFT itself, without our modules, knows this kind of adapter."""
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    config = PEFT_TYPE_TO_CONFIG_MAPPING.get(str(adapter_config(folder)["peft_type"]))
    return config is not None and config.__module__.startswith("peft.")


ADAPTER = ExportFormat(
    key="adapter",
    label=Text("exports.adapter.label"),
    help=Text("exports.adapter.help"),
    made_of=("adapter",),
    suffix="adapter",
    write=write_as_it_is,
    readme=_readme,
    folder_bytes=as_large_as_it_is,
    keeps_head=True,
    proof=Text("exports.adapter.proof"),
    reader=_reader,
    memory_mb=memory_mb,
)
