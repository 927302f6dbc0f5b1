"""The Python that runs an ONNX export, as its README shows it; none of its libraries is torch. Imports nothing."""

from __future__ import annotations

_BEGIN = """
```python
import json

import numpy as np
import onnxruntime
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")
session = onnxruntime.InferenceSession("model.onnx")
ends = json.load(open("generation_config.json", encoding="utf-8"))["eos_token_id"]
"""
_CHAT = """
special = json.load(open("tokenizer_config.json", encoding="utf-8"))  # names of tokens, which templates write
jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
template = jinja.from_string(open("chat_template.jinja", encoding="utf-8").read())
messages = [{"role": "user", "content": "Hello!"}]
text = template.render(special | {"messages": messages, "add_generation_prompt": True})
ids = tokenizer.encode(text, add_special_tokens=False).ids
"""
_TEXT = """
ids = tokenizer.encode("Once upon a time").ids
"""
_ASK = """
types = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
caches = [one for one in session.get_inputs() if one.name.startswith("past_key_values")]
past = {one.name: np.zeros([1, one.shape[1], 0, one.shape[3]], types[one.type]) for one in caches}
read, answer = 0, []
while len(answer) < 200:
    total = read + len(ids)
    asked = {"input_ids": ids, "attention_mask": [1] * total, "position_ids": range(read, total)}
    logits, *cache = session.run(None, {name: np.array([value], np.int64) for name, value in asked.items()} | past)
    token = int(logits[0, -1].argmax())
    if token in np.atleast_1d(ends):
        break
    answer.append(token)
    ids, read, past = [token], total, dict(zip(past, cache))
print(tokenizer.decode(answer))
```
"""


def code(*, talks: bool) -> str:
    """As Markdown. `talks`: the model has a chat template."""
    if talks:
        return _BEGIN + _CHAT + _ASK
    return _BEGIN.replace("from jinja2.sandbox import ImmutableSandboxedEnvironment\n", "") + _TEXT + _ASK
