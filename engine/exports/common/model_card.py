"""The README that lies in every exported folder, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.core.text import LANGUAGES, Text
from engine.exports.common.declaration import ExportSource, ReadmePart
from engine.exports.common.plain_names import plain
from engine.models.tuned.results import HEAD

_HEAD = Text("exports.model_card.head")
_PYTHON, _COMMANDS = Text("exports.model_card.python"), Text("exports.model_card.commands")
_WHOLE = Text("exports.model_card.whole")
_WHOLE_CODE = """
```python
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

tokenizer = AutoTokenizer.from_pretrained(".")
settings = GenerationConfig.from_pretrained(".")  # eos_token_id: all that ends an answer
model = AutoModelForCausalLM.from_pretrained(".", generation_config=settings)
"""
ASK_CODE = """
messages = [{"role": "user", "content": "Hello!"}]
prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
answer = model.generate(**prompt, max_new_tokens=200, do_sample=False, repetition_penalty=1.0)
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1]:], skip_special_tokens=True))
```
"""
_SCORES = Text("exports.model_card.scores")
SCORE_CODE = """
import torch
from safetensors.torch import load_file

head = load_file("head.safetensors")
messages = [{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Good day."}]
ids = tokenizer(tokenizer.apply_chat_template(messages, tokenize=False), add_special_tokens=False)["input_ids"]
ends = {*settings.eos_token_id} if isinstance(settings.eos_token_id, list) else {settings.eos_token_id}
ids = ids[: max(place for place, token in enumerate(ids) if token in ends) + 1]  # the score is read at the end mark itself
with torch.no_grad():
    state = model(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0, -1].float()
print(float(head["weight"][0] @ state + head["bias"][0]))
```
"""


def stands_alone(_source: ExportSource) -> ReadmePart:
    """About a folder that needs no other model."""
    return ReadmePart(_WHOLE, _WHOLE_CODE + ASK_CODE)


def model_card(
    source: ExportSource,
    part: ReadmePart,
    dtype: str | None,
    more: Mapping[str, str] | None = None,
    use: Mapping[str, str] | None = None,
) -> str:
    """What it is, where it came from and how to load it.

    Args:
        dtype: None for a result that does not stand alone.
        more: by language, what follows.
        use: by language, how people put it to use, before the code.
    """
    tuned, base = source.tuned, source.base
    reference = base.ref if base.source == "hub" else base.name
    data = tuned.lineage.get("dataset", {})
    values: dict[str, Any] = {
        "name": plain(tuned.name),
        "base": plain(base.name),
        "source": base.ref if base.source == "hub" else base.source,
        "method": tuned.method,
        "data": plain(data.get("name")),
        "base_hash": base.weights_hash,
        "weights_hash": tuned.weights_hash,
        "data_hash": data.get("content_hash", ""),
        "dtype": dtype,
    }
    if (source.folder / HEAD).is_file():
        part = replace(
            part,
            about=Text("language.after").filled(first=part.about, second=_SCORES),
            code=part.code.replace(ASK_CODE, SCORE_CODE),
        )
    used, told = use or {}, part.about
    texts = [
        (_HEAD.in_(language) + told.in_(language)).format(**values) + used.get(language, "") for language in LANGUAGES
    ]
    head = (_PYTHON if "```python" in part.code else _COMMANDS).in_(LANGUAGES[0]) if used and part.code else ""
    code = head + part.code.replace("{reference!r}", repr(reference))
    after = [(more or {}).get(language, "") for language in LANGUAGES]
    return "\n---\n\n".join(text + end for text, end in zip([texts[0] + code, *texts[1:]], after, strict=True))
