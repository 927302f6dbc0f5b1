"""What was learnt, beside the base: modules in PEFT's format, or networks of our own."""

from __future__ import annotations

from pathlib import Path

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ExportSource, ReadmePart
from engine.exports.model_card import ASK_CODE
from engine.exports.result_files import as_large_as_it_is, write_as_it_is
from engine.models.tuned.results import adapter_config, kind_of

_PEFT = Text(
    """
This is an adapter in PEFT's format: load it on exactly this base model (weights with the hash above answer as in Tunesmith).
The chat template in this folder is the one that it was trained with.
""",
    """
这是 PEFT 格式的适配器：请加载到上述基座模型上（权重哈希一致时，回答与 Tunesmith 中相同）。
本文件夹中的对话模板即训练时所用的模板。
""",
)
_OWN = Text(
    """
This is an adapter of a kind that PEFT itself does not have: its module comes with Tunesmith's source (`engine/training/tuners`),
and importing it tells PEFT of it. It belongs to exactly this base model.
""",
    """
这是 PEFT 本身没有的一种适配器：模块位于 Tunesmith 源代码中（`engine/training/tuners`），导入后 PEFT 即可识别。它只适用于上述基座模型。
""",
)
_SIDE = Text(
    """
This is a network beside the base that reads its activations. It runs in Tunesmith (`engine/training/tuners` in its source).
""",
    """
这是读取基座模型激活值的旁路网络，在 Tunesmith 中运行（见源代码 `engine/training/tuners`）。
""",
)
_CODE = """
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
base = AutoModelForCausalLM.from_pretrained({reference!r})
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


def _is_peft(folder: Path) -> bool:
    """Whether PEFT itself, without our modules, knows this kind of adapter."""
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    config = PEFT_TYPE_TO_CONFIG_MAPPING.get(str(adapter_config(folder)["peft_type"]))
    return config is not None and config.__module__.startswith("peft.")


ADAPTER = ExportFormat(
    key="adapter",
    label=Text("Adapter (PEFT)", "适配器（PEFT）"),
    help=Text(
        "Small: only what was learned. Load it beside the same base model with peft, transformers or vLLM.",
        "体积小：只包含学到的部分。可用 peft、transformers 或 vLLM 与同一基座模型一起加载。",
    ),
    made_of=("adapter",),
    suffix="adapter",
    write=write_as_it_is,
    readme=_readme,
    folder_bytes=as_large_as_it_is,
    proof=Text(
        "The sha256 of the weights is the one that training stored; the README names it, and that of the base.",
        "权重的 sha256 与训练时保存的一致；README 中写有该值和基座模型的 sha256。",
    ),
)
