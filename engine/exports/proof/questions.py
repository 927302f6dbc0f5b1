"""Which rows and prompts an export is tried with: held-out ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.row import conversation_of
from engine.data.rows.store import read_rows
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND
from storage.tables import Dataset, TunedModel

ROWS, PROMPTS = 32, 20
_TOKENS = 256  # of a row
_MOST_ROWS = 1_000  # that are looked through for ones that the template takes
_HELD_OUT = ("val", "test", "train")  # in this order


@dataclass(frozen=True)
class ForcedRow:
    """A row as it is read word for word."""

    ids: list[int]
    first: int  # place of the token after which its answer begins


@dataclass(frozen=True)
class ProofPrompt:
    """A question that is really answered."""

    messages: list[dict[str, Any]]
    tools: list[Any] | None
    ids: list[int]
    reference: str  # the row's own answer; empty where it has none
    held_out: bool  # the model never saw it


@dataclass(frozen=True)
class Questions:
    """What the tuned model and its export are asked."""

    rows: list[ForcedRow]
    prompts: list[ProofPrompt]


def questions_of(ctx: Context, tuned: TunedModel, template: ChatTemplate) -> Questions:
    """Rows of its data set; the model's name as a text and a question where the data set is gone."""
    forced: list[ForcedRow] = []
    prompts: list[ProofPrompt] = []
    for row in _rows(ctx, tuned):
        if len(forced) == ROWS and len(prompts) == PROMPTS:
            break
        if len(forced) < ROWS and (one := _forced(row, template)):
            forced.append(one)
        if len(prompts) < PROMPTS and (prompt := _prompt(row, template)):
            prompts.append(prompt)
    return Questions(forced or [_text(tuned.name, template)], prompts or [_greeting(template)])


def _rows(ctx: Context, tuned: TunedModel) -> Iterator[Mapping[str, Any]]:
    with ctx.db.read() as s:
        dataset = s.get_one(Dataset, tuned.dataset_id)
    path = ctx.settings.absolute(dataset.rows_path) if dataset.rows_path else None
    if path is None or not path.is_file():
        return iter(())
    return chain.from_iterable(islice(read_rows(path, part), _MOST_ROWS) for part in _HELD_OUT)


def _forced(row: Mapping[str, Any], template: ChatTemplate) -> ForcedRow | None:
    """The beginning of a row; nothing where the template refuses it, as training did, or its answer comes later."""
    try:
        encoded = template.encode(row, max_length=_TOKENS)
    except Fault as fault:
        _only_refusals(fault)
        return None
    learnt = [place for place, label in enumerate(encoded.labels) if label != IGNORED and place]
    return ForcedRow(encoded.ids, learnt[0] - 1) if learnt else None


def _prompt(row: Mapping[str, Any], template: ChatTemplate) -> ProofPrompt | None:
    if "text" in row or not template.has_chat:
        return None
    messages = [dict(one) for one in conversation_of(row)]
    reference = str(messages.pop().get("content") or "") if messages[-1]["role"] == "assistant" else ""
    tools = row.get("tools")
    try:
        ids = template.encode_prompt(messages, tools)
    except Fault as fault:
        _only_refusals(fault)
        return None
    return ProofPrompt(messages, tools, ids, reference, row.get("split") != "train") if len(ids) <= _TOKENS else None


def _only_refusals(fault: Fault) -> None:
    if not refuses_a_row(fault) and fault.code != BEYOND:
        raise fault


def _text(text: str, template: ChatTemplate) -> ForcedRow:
    return ForcedRow(template.encode(text).ids[:_TOKENS], 0)


def _greeting(template: ChatTemplate) -> ProofPrompt:
    messages = [{"role": "user", "content": "Hello!"}]
    return ProofPrompt(messages, None, template.encode_prompt(messages), "", held_out=True)
