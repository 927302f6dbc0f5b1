"""What the tuned model itself says: kept in a folder, for whatever is held against it in another process."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from engine.data.templates.template import ChatTemplate
from engine.exports.proof.questions import ProofPrompt, Questions
from engine.models.base.download_progress import ByteProgress

MOST_TOKENS = 48  # of an answer
_BYTES = 256 << 20  # of kept logits
_SECONDS = 180.0  # for all answers


@dataclass(frozen=True)
class AnsweredPrompt:
    """A prompt with the tuned model's greedy answer."""

    messages: list[dict[str, Any]]
    tools: list[Any] | None
    rendered: str  # by the template that training and chat use; empty where it has none
    ids: list[int]  # of the prompt
    answer: list[int]  # without its end
    text: str
    reference: str
    held_out: bool


def write_truth(model: Any, template: ChatTemplate, questions: Questions, folder: Path, progress: ByteProgress) -> Path:
    """Ask the tuned model everything; what it says lies in `folder` afterwards (truth.json, logits.safetensors). Raises Cancelled."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, logits = _forced(model, questions, progress)
    save_file(logits, folder / "logits.safetensors")
    told = {
        "rows": rows,
        "prompts": [asdict(one) for one in _answers(model, template, questions.prompts, progress)],
        "ends": list(template.eos_ids),
        "most_tokens": MOST_TOKENS,
    }
    (folder / "truth.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


@torch.inference_mode()
def _forced(
    model: Any, questions: Questions, progress: ByteProgress
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    rows: list[dict[str, Any]] = []
    logits: dict[str, torch.Tensor] = {}
    room = _BYTES
    for row in questions.rows:
        progress.more(0)
        found = model(input_ids=torch.tensor([row.ids]), use_cache=False).logits[0, row.first :].float()
        kept = found[: max(1, room // (found.shape[-1] * 4))].clone()
        room -= kept.numel() * 4
        logits[str(len(rows))] = kept
        rows.append({"ids": row.ids, "first": row.first, "kept": kept.shape[0]})
        if room < found.shape[-1] * 4:
            break
    return rows, logits


def _answers(
    model: Any, template: ChatTemplate, prompts: Sequence[ProofPrompt], progress: ByteProgress
) -> list[AnsweredPrompt]:
    """Greedy answers, one after the other; where time runs out the rest is not asked, of the export neither."""
    found: list[AnsweredPrompt] = []
    until = time.monotonic() + _SECONDS
    for prompt in prompts:
        progress.more(0)
        if found and time.monotonic() > until:
            break
        ids = greedy(model, prompt.ids, template.eos_ids)
        rendered = template.render(prompt.messages, add_generation_prompt=True, tools=prompt.tools)
        text = template.decode(ids)
        found.append(
            AnsweredPrompt(
                prompt.messages, prompt.tools, rendered, prompt.ids, ids, text, prompt.reference, prompt.held_out
            )
        )
    return found


@torch.inference_mode()
def greedy(model: Any, ids: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The likeliest answer, without its end."""
    from transformers import GenerationConfig

    asked = torch.tensor([list(ids)])
    settings = GenerationConfig(
        max_new_tokens=MOST_TOKENS, do_sample=False, repetition_penalty=1.0, eos_token_id=list(ends), pad_token_id=0
    )
    made = model.generate(input_ids=asked, attention_mask=torch.ones_like(asked), generation_config=settings)
    answer = made[0, len(ids) :].tolist()
    return answer[:-1] if answer and answer[-1] in ends else answer
