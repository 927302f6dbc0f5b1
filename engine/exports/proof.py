"""Does the exported model answer as the trained one? Logits on real prompts, compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

import torch

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.store import read_rows
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND
from storage.tables import Dataset, TunedModel

TOLERANCE = 1e-4  # fp32 logits, relative to the largest one where that is above 1
_PROMPTS, _TOKENS = 4, 128
_KEPT = 32  # tokens of a prompt: a vocabulary of 256,000 makes 1 MB of each
_MOST_ROWS = 1_000  # that are looked through for ones that the template takes
Logits = list[torch.Tensor]


def proof_inputs(ctx: Context, tuned: TunedModel, template: ChatTemplate) -> list[list[int]]:
    """A few rows of its data set as tokens, held-out ones first; its name when the data set is gone."""
    with ctx.db.read() as s:
        dataset = s.get_one(Dataset, tuned.dataset_id)
    path = ctx.settings.absolute(dataset.rows_path) if dataset.rows_path else None
    if path is None or not path.is_file():
        return [template.encode(tuned.name).ids[:_TOKENS]]
    rows = chain(islice(read_rows(path, "val"), _MOST_ROWS), islice(read_rows(path, "train"), _MOST_ROWS))
    usable = (ids for row in rows if (ids := _tokens(row, template)))
    return list(islice(usable, _PROMPTS)) or [template.encode(tuned.name).ids[:_TOKENS]]


def _tokens(row: dict[str, Any], template: ChatTemplate) -> list[int]:
    """The beginning of a row; nothing where the template refuses it, as training did."""
    try:
        return template.encode(row, max_length=_TOKENS).ids
    except Fault as fault:
        if not refuses_a_row(fault) and fault.code != BEYOND:
            raise
        return []


@torch.inference_mode()
def logits_of(model: Any, inputs: Sequence[Sequence[int]]) -> Logits:
    """The model's logits at the last tokens of every input, which stand for all before them, in fp32."""
    return [
        model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0, -_KEPT:].float().clone() for ids in inputs
    ]


def difference(expected: Logits, found: Logits) -> float:
    """The largest difference, relative to the largest expected logit where that is above 1; infinite for no numbers."""
    largest = max(1.0, *(float(logits.abs().max()) for logits in expected))
    worst = max(float((a - b).abs().max()) for a, b in zip(expected, found, strict=True))
    return worst / largest if worst == worst else float("inf")


def agreement(expected: Logits, found: Logits) -> float:
    """Share of tokens after which both expect the same one."""
    same = [(a.argmax(-1) == b.argmax(-1)).float() for a, b in zip(expected, found, strict=True)]
    return round(float(torch.cat(same).mean()), 4)


def same_logits(code: str, expected: Logits, found: Logits) -> float:
    """How far they are apart. Raises a fault of that code beyond the tolerance."""
    off = difference(expected, found)
    if not off <= TOLERANCE:
        raise Fault(code, difference=f"{off:.2g}", tolerance=f"{TOLERANCE:g}")
    return off
