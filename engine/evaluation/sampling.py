"""Fixed prompts, answered greedily with the present weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, GenerationConfig, StoppingCriteriaList
from transformers.cache_utils import DynamicLayer

from engine.data.rows.row import THINKING, conversation_of
from engine.data.templates.template import ChatTemplate
from engine.data.thoughts.wish import settled
from engine.models.tuned.virtual_tokens import VirtualTokens
from engine.training.limits.limits import out_of_memory
from engine.training.limits.memory_use import give_back

PROMPTS = 4
NEW_TOKENS = 64
_LEAD = 32  # tokens of a plain text that are given; the model goes on
_SHOWN = 2_000
Autocast = Callable[[], AbstractContextManager[Any]]  # makes a new one each time: some can be entered only once
Heed = Callable[[], None]


def _nothing() -> None:
    """Nobody wants anything."""


@dataclass(frozen=True)
class Prompt:
    """A question (or the beginning of a text), and the answer in the data where there is one."""

    text: str  # as it is shown
    ids: list[int]  # tokens that the model is given
    expected: str | None  # None where the data have no answer
    goes_on: bool = False  # it is the beginning of a text, with which the model goes on
    thought: str = ""  # the thinking in the data before that answer, where the model is to think


def fixed_prompts(wanted: Sequence[str], rows: Iterable[Mapping[str, Any]], template: ChatTemplate) -> list[Prompt]:
    """The user's prompts, else those of the first rows that have one. Reads no more rows than it needs."""
    if wanted:
        chat = template.has_chat and any("text" not in row for row in islice(rows, 1))
        return [Prompt(text, _asked(text, template, chat=chat), None, goes_on=not chat) for text in wanted[:16]]
    found = (prompt_of(row, template) for row in rows)
    return list(islice((prompt for prompt in found if prompt is not None), PROMPTS))


def _asked(text: str, template: ChatTemplate, *, chat: bool) -> list[int]:
    if chat:
        return template.encode_prompt([{"role": "user", "content": text}])
    return template.plain_ids(text)


def prompt_of(row: Mapping[str, Any], template: ChatTemplate) -> Prompt | None:
    """The last question of a row with its answer (the beginning of a text with what follows); None where there is none."""
    if "text" in row:
        ids = template.plain_ids(row["text"])
        lead = _whole_lead(ids, template)
        rest = template.text_behind(ids[lead : lead + NEW_TOKENS])
        return Prompt(template.decode(ids[:lead]), ids[:lead], rest, goes_on=True) if lead else None
    messages = conversation_of(row)
    if messages and messages[-1]["role"] == "user":  # a question without an answer
        messages = [*messages, {"role": "assistant", "content": ""}]
    last = max((i for i, m in enumerate(messages) if m["role"] == "assistant"), default=0)
    if not last or messages[last - 1]["role"] != "user":
        return None
    try:
        ids = template.encode_prompt(messages[:last], row.get("tools"))
    except Exception:  # the template refuses this row; training leaves it out as well
        return None
    (answered,) = settled(messages[last : last + 1], template.thinking, template.thoughts)
    thought = str(answered.get(THINKING) or "")
    return Prompt(messages[last - 1]["content"][:_SHOWN], ids, answered["content"][:_SHOWN] or None, thought=thought)


def _whole_lead(ids: Sequence[int], template: ChatTemplate) -> int:
    """How many tokens of a text are given: up to where no character is cut in two."""
    lead = min(_LEAD, len(ids) // 2)
    while lead and template.decode(ids[:lead]) != template.whole_text(ids[:lead]):
        lead -= 1
    return lead


def answer(
    model: Any,
    prompts: Sequence[Prompt],
    template: ChatTemplate,
    context: int,
    autocast: Autocast,
    new_tokens: int | None = None,
    seconds: float | None = None,
    heed: Heed = _nothing,
) -> list[str]:
    """Greedy answers of at most `new_tokens` tokens (NEW_TOKENS where it is not given), as many prompts in one padded batch as memory allows.

    Args:
        seconds: end the answers where they are when this much time has passed.
        heed: called after each token; what it raises ends all answers.
    """
    if not prompts:
        return []
    if len(prompts) > 1 and _padding_takes_places(model, prompts):
        share = None if seconds is None else seconds / len(prompts)
        alone = [answer(model, [prompt], template, context, autocast, new_tokens, share, heed) for prompt in prompts]
        return [text for texts in alone for text in texts]
    try:
        return _together(model, prompts, template, context, autocast, new_tokens or NEW_TOKENS, seconds, heed)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error) or len(prompts) == 1:
            raise
    give_back()
    half, rest = len(prompts) // 2, (template, context, autocast, new_tokens, seconds, heed)
    return answer(model, prompts[:half], *rest) + answer(model, prompts[half:], *rest)


def _padding_takes_places(model: Any, prompts: Sequence[Prompt]) -> bool:
    """Whether padding would push virtual tokens, which stand before it, out of a sliding window."""
    if VirtualTokens.of(model) is None or len({len(prompt.ids) for prompt in prompts}) == 1:
        return False
    return any(type(layer) is not DynamicLayer for layer in DynamicCache(config=model.config).layers)


def _together(
    model: Any,
    prompts: Sequence[Prompt],
    template: ChatTemplate,
    context: int,
    autocast: Autocast,
    new_tokens: int,
    seconds: float | None,
    heed: Heed,
) -> list[str]:
    ids, mask = _left_padded([p.ids[-max(1, context - new_tokens) :] for p in prompts], template.pad_id)
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), autocast():
            made = _generated(model, ids.to(device), mask.to(device), _greedy(template, new_tokens, seconds), heed)
    finally:
        model.train(training)
    return [_text(row, prompt, template) for row, prompt in zip(made.tolist(), prompts, strict=True)]


def _generated(model: Any, ids: Tensor, mask: Tensor, config: GenerationConfig, heed: Heed) -> Tensor:
    """The new tokens. Virtual tokens stand in the cache before the padding, where places are counted right."""
    made: Tensor
    virtual, watch = VirtualTokens.of(model), _watching(heed)
    if virtual is None:
        made = model.generate(input_ids=ids, attention_mask=mask, generation_config=config, stopping_criteria=watch)
        return made[:, ids.shape[1] :]
    base, rows = model.get_base_model(), len(ids)
    cache = virtual.open(base, rows)
    ids = torch.cat([ids.new_zeros(rows, len(virtual)), ids], dim=1)
    mask = torch.cat([mask.new_ones(rows, len(virtual)), mask], dim=1)
    made = base.generate(
        input_ids=ids, attention_mask=mask, past_key_values=cache, generation_config=config, stopping_criteria=watch
    )
    return made[:, ids.shape[1] :]


def _watching(heed: Heed) -> StoppingCriteriaList:
    def look(ids: Tensor, _scores: Any, **_kwargs: Any) -> Tensor:
        heed()
        return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

    return StoppingCriteriaList([look])


def _greedy(template: ChatTemplate, new_tokens: int, seconds: float | None) -> GenerationConfig:
    return GenerationConfig(
        max_time=seconds,
        do_sample=False,
        use_cache=True,
        max_new_tokens=new_tokens,
        eos_token_id=template.eos_ids or None,
        pad_token_id=template.pad_id,
        bos_token_id=None,
    )


def _left_padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids, mask


def _text(ids: Sequence[int], prompt: Prompt, template: ChatTemplate) -> str:
    """What was made, with all its white space: indentation belongs to code."""
    ends = [place for place, token in enumerate(ids) if token in template.eos_ids]
    said = ids[: ends[0]] if ends else ids
    return template.text_behind(said) if prompt.goes_on else template.answer_text(said)
