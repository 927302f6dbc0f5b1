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

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.exports.proof.questions import ForcedRow, ProofPrompt, Questions
from engine.models.base.download_progress import ByteProgress
from engine.models.tuned.results import HEAD
from engine.training.heads.scalar import ScalarHead, load_head

MOST_TOKENS = 48  # of an answer
_BYTES = 256 << 20  # of kept logits
_SECONDS = 180.0  # for all answers


@dataclass(frozen=True)
class AnsweredPrompt:
    """A prompt with the tuned model's greedy answer.

    Attributes:
        messages: the conversation up to the question; empty where a text is only continued.
        tools: that are offered.
        rendered: the conversation by the template that training and chat use; empty where there is none.
        ids: tokens of the prompt.
        answer: tokens of the answer, without its end.
        text: of the answer.
        reference: the row's own answer; empty where it has none.
        held_out: a row that the model never saw.
    """

    messages: list[dict[str, Any]]
    tools: list[Any] | None
    rendered: str
    ids: list[int]
    answer: list[int]
    text: str
    reference: str
    held_out: bool


def head_beside(result: Path) -> ScalarHead | None:
    """The head of a reward model; None of a model that talks."""
    return load_head(result) if (result / HEAD).is_file() else None


def write_truth(
    model: Any,
    template: ChatTemplate,
    questions: Questions,
    folder: Path,
    progress: ByteProgress,
    head: ScalarHead | None = None,
) -> Path:
    """Ask the tuned model everything; what it says lies in `folder` afterwards (truth.json, logits.safetensors).

    Args:
        head: of a reward model, which is asked for scores and not for answers.

    Raises:
        Fault: "export.nothing_to_ask", where the tokenizer takes no text at all.
        Cancelled: nobody wants it any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    most = MOST_TOKENS if head is None else 0
    answers = _answers(model, template, questions.prompts, progress, most)
    rows, logits = _forced(model, questions.rows or _said(answers), progress)
    if not rows:
        raise Fault("export.nothing_to_ask")
    save_file(logits, folder / "logits.safetensors")
    told = {
        "rows": rows,
        "prompts": [asdict(one) for one in answers],
        "ends": list(template.eos_ids),
        "most_tokens": most,
        "scores": [_score(model, head, row["ids"]) for row in rows] if head else [],
    }
    (folder / "truth.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


def _said(answers: Sequence[AnsweredPrompt]) -> list[ForcedRow]:
    """Rows of what the model itself said, where there is no data set any more."""
    rows = [ForcedRow([*one.ids, *one.answer], max(len(one.ids) - 1, 0)) for one in answers]
    return [row for row in rows if row.ids]


@torch.inference_mode()
def _forced(
    model: Any, questions: Sequence[ForcedRow], progress: ByteProgress
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    rows: list[dict[str, Any]] = []
    logits: dict[str, torch.Tensor] = {}
    room = _BYTES
    for row in questions:
        progress.more(0)
        found = (
            model(input_ids=torch.tensor([row.ids]), use_cache=False).logits[0, -(len(row.ids) - row.first) :].float()
        )
        kept = found[: max(1, room // (found.shape[-1] * 4))].clone()
        room -= kept.numel() * 4
        logits[str(len(rows))] = kept
        rows.append({"ids": row.ids, "first": row.first, "kept": kept.shape[0]})
        if room < found.shape[-1] * 4:
            break
    return rows, logits


def _answers(
    model: Any, template: ChatTemplate, prompts: Sequence[ProofPrompt], progress: ByteProgress, most: int
) -> list[AnsweredPrompt]:
    """Greedy answers, one after the other; where time runs out the rest is not asked, of the export neither."""
    found: list[AnsweredPrompt] = []
    until = time.monotonic() + _SECONDS
    for prompt in prompts:
        progress.more(0)
        if found and time.monotonic() > until:
            break
        ids = greedy(model, prompt.ids, template.eos_ids) if most else []
        rendered = (
            template.render(prompt.messages, add_generation_prompt=True, tools=prompt.tools) if prompt.messages else ""
        )
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


@torch.inference_mode()
def _score(model: Any, head: ScalarHead, ids: Sequence[int]) -> float:
    """What the head says of the last token's state."""
    states = model(input_ids=torch.tensor([list(ids)]), use_cache=False, output_hidden_states=True).hidden_states[-1]
    return float(head(states[0, -1]))
