"""The numbers of the base that training changed, alone."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ReadmePart
from engine.exports.common.model_card import ASK_CODE
from engine.exports.common.number_format import memory_mb
from engine.exports.proof.plain import REPLACED
from engine.exports.writing.result_files import as_large_as_it_is, write_as_it_is

_ABOUT = Text("exports.delta.about")
_CODE = """
```python
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

tokenizer = AutoTokenizer.from_pretrained(".")
settings = GenerationConfig.from_pretrained(".")  # eos_token_id: all that ends an answer
model = AutoModelForCausalLM.from_pretrained({reference!r}, generation_config=settings)
parameters = dict(model.named_parameters(remove_duplicate=False))
changed = load_file("delta.safetensors")
with torch.no_grad():
    for name, tensor in changed.items():
        if name in parameters:
            parameters[name].copy_(tensor)
        elif name.endswith("::index"):
            name = name.removesuffix("::index")
            parameters[name].view(-1)[tensor] = changed[name + "::value"].to(parameters[name].dtype)
"""

DELTA = ExportFormat(
    key="delta",
    label=Text("exports.delta.label"),
    help=Text("exports.delta.help"),
    made_of=("delta",),
    suffix="delta",
    write=write_as_it_is,
    readme=lambda _source: ReadmePart(_ABOUT, _CODE + ASK_CODE),
    folder_bytes=as_large_as_it_is,
    keeps_head=True,
    proof=Text("exports.delta.proof"),
    reader=lambda _source: REPLACED,
    memory_mb=memory_mb,
    also=("adapter",),
)
