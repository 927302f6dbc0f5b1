"""The same models read by transformers and PEFT alone, to hold the API's numbers against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.core.context import Context
from storage.tables import LanguageModel, TunedModel


def plain_model(ctx: Context, tuned: int | None) -> Any:
    """The base, or a result on top of it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with ctx.db.read() as s:
        base = ctx.settings.absolute(s.get_one(LanguageModel, 1).path or "")
        folder = None if tuned is None else ctx.settings.absolute(s.get_one(TunedModel, tuned).path)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, use_safetensors=True)
    return (model if folder is None else PeftModel.from_pretrained(model, str(folder))).eval()


def tokenizer_of(ctx: Context) -> Any:
    """The base's tokenizer, as transformers reads it."""
    from transformers import PreTrainedTokenizerFast

    with ctx.db.read() as s:
        folder = ctx.settings.absolute(s.get_one(LanguageModel, 1).tokenizer_path or "")
    found = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    found.chat_template = Path(folder, "chat_template.jinja").read_text(encoding="utf-8")
    return found


def plain_logprobs(ctx: Context, *, tuned: int | None, question: str, count: int) -> list[float]:
    """What the likeliest tokens of an answer are worth, the ends of an answer left out."""
    tokenizer = tokenizer_of(ctx)
    asked = [{"role": "user", "content": question}]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=True, return_dict=False)
    return greedy(plain_model(ctx, tuned), ids, count)


def greedy(model: Any, ids: Sequence[int], count: int, never: Sequence[int] = (0, 2)) -> list[float]:
    """The log-probabilities of the likeliest continuation that holds none of the tokens `never`."""
    import torch

    found, read = [], list(ids)
    with torch.inference_mode():
        for _ in range(count):
            scores = model(torch.tensor([read])).logits[0, -1]
            worth = torch.log_softmax(scores, -1)
            allowed = scores.clone()
            allowed[list(never)] -= 100
            token = int(allowed.argmax())
            found.append(float(worth[token]))
            read.append(token)
    return found
