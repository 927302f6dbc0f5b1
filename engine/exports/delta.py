"""The numbers of the base that training changed, alone."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ReadmePart
from engine.exports.model_card import ASK_CODE
from engine.exports.result_files import as_large_as_it_is, write_as_it_is

_ABOUT = Text(
    """
`delta.safetensors` holds the numbers of the base that training changed: whole tensors by the name of their parameter, or, where
only few of a tensor's numbers changed, their places (`...::index`, in the flattened tensor) and values (`...::value`).
Put them into exactly this base model.
""",
    """
`delta.safetensors` 保存训练所改变的基座模型数值：按参数名保存整个张量；若某个张量只有少数数值改变，则保存其位置（`...::index`，指展平后的张量）和数值（`...::value`）。
请放入上述基座模型。
""",
)
_CODE = """
```python
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained({reference!r})
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
    label=Text("Changed weights (safetensors)", "改变的权重（safetensors）"),
    help=Text(
        "Only the numbers of the base that training changed. The README in it says how to put them into the base.",
        "只包含训练所改变的基座模型数值。其中的 README 说明如何放入基座模型。",
    ),
    made_of=("delta",),
    suffix="delta",
    write=write_as_it_is,
    readme=lambda _source: ReadmePart(_ABOUT, _CODE + ASK_CODE),
    folder_bytes=as_large_as_it_is,
    proof=Text(
        "The sha256 of the weights is the one that training stored; the README names it, and that of the base.",
        "权重的 sha256 与训练时保存的一致；README 中写有该值和基座模型的 sha256。",
    ),
    also=("adapter",),
)
