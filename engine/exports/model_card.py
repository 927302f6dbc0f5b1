"""The README that lies in every exported folder, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.core.text import LANGUAGES, Text
from engine.models.tuned.results import adapter_config, kind_of
from storage.tables import LanguageModel, TunedModel

_HEAD = Text(
    """# {name}

Made with Tunesmith from **{base}** by **{method}**, on the data set “{data}”.

| | |
|---|---|
| Base model | {base} ({source}) |
| sha256 of the base's weights | `{base_hash}` |
| sha256 of the tuned weights | `{weights_hash}` |
| sha256 of the data | `{data_hash}` |
""",
    """# {name}（中文）

由 Tunesmith 制作：以 **{base}** 为基座，采用 **{method}**，训练数据为“{data}”。

| | |
|---|---|
| 基座模型 | {base}（{source}） |
| 基座权重的 sha256 | `{base_hash}` |
| 微调权重的 sha256 | `{weights_hash}` |
| 数据的 sha256 | `{data_hash}` |
""",
)
_ADAPTER = Text(
    """
This is an adapter in PEFT's format: load it on exactly this base model (weights with the hash above answer as in Tunesmith).
The chat template in this folder is the one that it was trained with.
""",
    """
这是 PEFT 格式的适配器：请加载到上述基座模型上（权重哈希一致时，回答与 Tunesmith 中相同）。
本文件夹中的对话模板即训练时所用的模板。
""",
)
_OWN_ADAPTER = Text(
    """
This is an adapter of a kind that PEFT itself does not have: its module comes with Tunesmith's source (`engine/training/tuners`),
and importing it tells PEFT of it. It belongs to exactly this base model.
""",
    """
这是 PEFT 本身没有的一种适配器：模块位于 Tunesmith 源代码中（`engine/training/tuners`），导入后 PEFT 即可识别。它只适用于上述基座模型。
""",
)
_DELTA = Text(
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
_SIDE = Text(
    """
This is a network beside the base that reads its activations. It runs in Tunesmith (`engine/training/tuners` in its source).
""",
    """
这是读取基座模型激活值的旁路网络，在 Tunesmith 中运行（见源代码 `engine/training/tuners`）。
""",
)
_SHOTS = Text(
    """
Nothing was trained. `shots.json` holds the examples (`rows`) that are put before each question, and how they are chosen
(`choice`, `count`, and `tokens`: how much of the context they may take).
""",
    """
没有训练任何东西。`shots.json` 保存放在每个问题之前的示例（`rows`）以及选择方式（`choice`、`count`，以及 `tokens`：最多占用的上下文）。
""",
)
_WHOLE = Text(
    """
This folder stands alone: weights ({dtype}), tokenizer and chat template.
""",
    """
本文件夹可独立使用：包含权重（{dtype}）、分词器和对话模板。
""",
)
_ADAPTER_CODE = """
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
base = AutoModelForCausalLM.from_pretrained({reference!r})
model = PeftModel.from_pretrained(base, ".")
"""
_WHOLE_CODE = """
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(".")
"""
_OWN_CODE = """
```python
import engine.training.tuners  # from Tunesmith's source
"""
_DELTA_CODE = """
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
_ASK_CODE = """
messages = [{"role": "user", "content": "Hello!"}]
prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
answer = model.generate(**prompt, max_new_tokens=200, do_sample=False)
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1]:], skip_special_tokens=True))
```
"""


def model_card(tuned: TunedModel, base: LanguageModel, folder: Path, dtype: str | None) -> str:
    """What it is, where it came from and how to load it. `dtype` is None for a result that does not stand alone."""
    reference = base.ref if base.source == "hub" else base.name
    data = tuned.lineage.get("dataset", {})
    values: dict[str, Any] = {
        "name": tuned.name,
        "base": base.name,
        "source": base.ref if base.source == "hub" else base.source,
        "method": tuned.method,
        "data": data.get("name", ""),
        "base_hash": base.weights_hash,
        "weights_hash": tuned.weights_hash,
        "data_hash": data.get("content_hash", ""),
        "dtype": dtype,
    }
    about, code = (_WHOLE, _WHOLE_CODE + _ASK_CODE) if dtype is not None else _of_result(folder)
    texts = [(_HEAD.in_(language) + about.in_(language)).format(**values) for language in LANGUAGES]
    return texts[0] + code.replace("{reference!r}", repr(reference)) + "\n---\n\n" + texts[1]


def _of_result(folder: Path) -> tuple[Text, str]:
    """About a result as it is, and the code that loads it."""
    kind = kind_of(folder)
    if kind in ("adapter", "virtual"):
        own = not _is_peft(str(adapter_config(folder)["peft_type"]))
        code = _ADAPTER_CODE + _ASK_CODE
        return (_OWN_ADAPTER, code.replace("\n```python\n", _OWN_CODE, 1)) if own else (_ADAPTER, code)
    if kind == "delta":
        return _DELTA, _DELTA_CODE + _ASK_CODE
    return (_SIDE if kind == "side" else _SHOTS), ""


def _is_peft(kind: str) -> bool:
    """Whether PEFT itself, without our modules, knows this kind of adapter."""
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    config = PEFT_TYPE_TO_CONFIG_MAPPING.get(kind)
    return config is not None and config.__module__.startswith("peft.")
