"""Which rows and prompts an export is tried with: held-out ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import LANGUAGES, Text
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
_PARTS = ("val", "test", "train")  # in this order
_BUILT_IN = (
    Text("exports.proof.questions.greeting"),
    Text("exports.proof.questions.capital"),
    Text("exports.proof.questions.steps"),
    Text("exports.proof.questions.poem"),
    Text("exports.proof.questions.numbers"),
    Text("exports.proof.questions.letter"),
    Text("exports.proof.questions.why"),
    Text("exports.proof.questions.list"),
    Text("exports.proof.questions.translate"),
    Text("exports.proof.questions.story"),
)


@dataclass(frozen=True)
class ForcedRow:
    """A row as it is read word for word.

    Attributes:
        ids: its tokens.
        first: place of the token after which its answer begins.
    """

    ids: list[int]
    first: int


@dataclass(frozen=True)
class ProofPrompt:
    """A question that is really answered.

    Attributes:
        messages: the conversation up to it; empty where a text is only continued.
        tools: that the row offers.
        ids: its tokens.
        reference: the row's own answer; empty where it has none.
        held_out: a row that the model never saw; what is built in is no row.
    """

    messages: list[dict[str, Any]]
    tools: list[Any] | None
    ids: list[int]
    reference: str
    held_out: bool


@dataclass(frozen=True)
class Questions:
    """What the tuned model and its export are asked.

    Attributes:
        rows: that both read; where the data set has none, what the tuned model answers is read instead.
        prompts: that both answer, always so many: questions of our own fill up what the data set lacks.
    """

    rows: list[ForcedRow]
    prompts: list[ProofPrompt]


def questions_of(ctx: Context, tuned: TunedModel, template: ChatTemplate) -> Questions:
    """Rows of its data set, held-out ones first, and questions of our own where there are too few."""
    forced: list[ForcedRow] = []
    prompts: list[ProofPrompt] = []
    for part, row in _rows(ctx, tuned):
        if len(forced) == ROWS and len(prompts) == PROMPTS:
            break
        if len(forced) < ROWS and (one := _forced(row, template)):
            forced.append(one)
        if len(prompts) < PROMPTS and (prompt := _prompt(row, template, held_out=part != "train")):
            prompts.append(prompt)
    return Questions(forced, prompts + built_in(template)[: PROMPTS - len(prompts)])


def built_in(template: ChatTemplate) -> list[ProofPrompt]:
    """Questions of our own, in every language, but those whose characters the tokenizer has not."""
    texts = [text.in_(language) for text in _BUILT_IN for language in LANGUAGES]
    return [prompt for text in texts if (prompt := _own(text, template))]


def _own(text: str, template: ChatTemplate) -> ProofPrompt | None:
    messages = [{"role": "user", "content": text}] if template.has_chat else []
    try:
        ids = template.encode_prompt(messages) if messages else template.plain_ids(text)
    except Fault as fault:
        _only_refusals(fault)
        return None
    return ProofPrompt(messages, None, ids, "", held_out=False)


def _rows(ctx: Context, tuned: TunedModel) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with ctx.db.read() as s:
        dataset = s.get_one(Dataset, tuned.dataset_id)
    path = ctx.settings.absolute(dataset.rows_path) if dataset.rows_path else None
    if path is None or not path.is_file():
        return iter(())
    return ((part, row) for part in _PARTS for row in islice(read_rows(path, part), _MOST_ROWS))


def _forced(row: Mapping[str, Any], template: ChatTemplate) -> ForcedRow | None:
    """The beginning of a row; nothing where the template refuses it, as training did, or its answer comes later."""
    try:
        encoded = template.encode(row, max_length=_TOKENS)
    except Fault as fault:
        _only_refusals(fault)
        return None
    learnt = [place for place, label in enumerate(encoded.labels) if label != IGNORED and place]
    return ForcedRow(encoded.ids, learnt[0] - 1) if learnt else None


def _prompt(row: Mapping[str, Any], template: ChatTemplate, *, held_out: bool) -> ProofPrompt | None:
    messages = [dict(one) for one in conversation_of(row)] if template.has_chat else []
    if not messages:
        return None
    reference = str(messages.pop().get("content") or "") if messages[-1]["role"] == "assistant" else ""
    tools = row.get("tools")
    try:
        ids = template.encode_prompt(messages, tools)
    except Fault as fault:
        _only_refusals(fault)
        return None
    return ProofPrompt(messages, tools, ids, reference, held_out) if len(ids) <= _TOKENS else None


def _only_refusals(fault: Fault) -> None:
    if not refuses_a_row(fault) and fault.code != BEYOND:
        raise fault
