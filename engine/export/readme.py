"""The README that lies in every exported folder, in both languages."""

from __future__ import annotations

from typing import Any

from engine.text import LANGUAGES, Text
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

由 Tunesmith 制作：以 **{base}** 为基础，采用 **{method}**，训练数据为“{data}”。

| | |
|---|---|
| 基础模型 | {base}（{source}） |
| 基础权重的 sha256 | `{base_hash}` |
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
这是 PEFT 格式的适配器：请加载到上述基础模型上（权重哈希一致时，回答与 Tunesmith 中相同）。
本文件夹中的对话模板即训练时所用的模板。
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
_ASK_CODE = """
messages = [{"role": "user", "content": "Hello!"}]
prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
answer = model.generate(**prompt, max_new_tokens=200, do_sample=False)
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1]:], skip_special_tokens=True))
```
"""


def readme(tuned: TunedModel, base: LanguageModel, dtype: str | None) -> str:
    """What it is, where it came from and how to load it. `dtype` is None for an adapter."""
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
    about = _ADAPTER if dtype is None else _WHOLE
    code = _ADAPTER_CODE.replace("{reference!r}", repr(reference)) if dtype is None else _WHOLE_CODE
    texts = [(_HEAD.in_(language) + about.in_(language)).format(**values) for language in LANGUAGES]
    return texts[0] + code + _ASK_CODE + "\n---\n\n" + texts[1]
