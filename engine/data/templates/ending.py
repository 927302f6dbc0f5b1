"""The end of an answer: which token ends it, and how a row teaches it where the chat template writes none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.core.errors import Fault
from engine.data.templates.masking import IGNORED, Span
from engine.data.templates.renderer import Messages

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_QUESTION, _ANSWER = "Blue or green?", "Tangerine"


class Ender(Protocol):
    """A chat template that knows its tokens."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Of the model."""

    def render(self, messages: Messages) -> str:
        """The conversation as text. Raises Fault where the template refuses it."""


@dataclass
class RowEnds:
    """A conversation as tokens while its ends are put in.

    Attributes:
        ids: of the whole text.
        offsets: where each token stands in the text.
        labels: as long as `ids`.
        ends: places of labels that teach an end which the template does not write.
        open_ends: answers whose end is not learnt.
        weights: how much each label counts; None where each counts once.
    """

    ids: list[int]
    offsets: list[Span]
    labels: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    open_ends: int = 0
    weights: list[float] | None = None


def token_after_answer(template: Ender) -> int | None:
    """The added token that the template writes right behind an answer, such as <|im_end|>; None where it writes text or nothing."""
    return _added_token(template, _render(template, _talk()))


def token_before_next_turn(template: Ender) -> int | None:
    """The added token that stands behind an answer once the conversation goes on, such as GLM's <|user|>."""
    return _added_token(template, _render(template, [*_talk(), {"role": "user", "content": _QUESTION}]))


def _talk() -> list[dict[str, str]]:
    return [{"role": "user", "content": _QUESTION}, {"role": "assistant", "content": _ANSWER}]


def _render(template: Ender, messages: Sequence[Mapping[str, str]]) -> str:
    try:
        return template.render(messages)
    except Fault:
        return ""


def _added_token(template: Ender, text: str) -> int | None:
    tail = text.rpartition(_ANSWER)[2].lstrip()
    added = template.tokenizer.get_added_tokens_decoder()
    found = [(len(token.content), number) for number, token in added.items() if tail.startswith(token.content)]
    return max(found)[1] if found else None


def first_from(offsets: Sequence[Span], place: int) -> int:
    """Which token is the first that begins at a place or behind it."""
    return bisect_left(offsets, (place, -1))


def teach_ends(
    row: RowEnds,
    spans: Sequence[Span],
    stops: Collection[int],
    end: int | None,
    *,
    closed: bool,
    weights: Sequence[float] | None = None,
) -> None:
    """Let each answer in `spans` end with a token of `stops`: where none is there, `end` is learnt behind its last word.

    The last answer gets the token itself. Of an earlier one only the label behind it is changed: the model learns to end
    there, while what it reads stays what chat will send.

    Args:
        end: None leaves such answers open.
        closed: whether the row ends with the last of the answers.
        weights: how much each of the answers counts; at 0 it has no labels, nor an end that is missed.
    """
    for number, (start, stop) in enumerate(spans):
        behind = first_from(row.offsets, stop)
        if behind and row.offsets[behind - 1][0] >= start and row.ids[behind - 1] in stops:
            row.labels[behind - 1] = row.ids[behind - 1]  # some end tokens take the line break behind them along
        elif end is None:
            row.open_ends += weights is None or weights[number] != 0
        elif behind == len(row.ids) or (closed and number == len(spans) - 1):
            row.ids[behind:], row.labels[behind:] = [end], [end]
            row.ends.append(behind)
        else:
            row.labels[behind] = end
            row.ends.append(behind)
    if weights is not None:
        _weigh(row, spans, weights)


def _weigh(row: RowEnds, spans: Sequence[Span], weights: Sequence[float]) -> None:
    """Take the labels of answers that count nothing away, and note how much the others count."""
    found = [1.0] * len(row.ids)
    for span, weight in zip(spans, weights, strict=True):
        if weight == 1:
            continue
        places = _tokens_of(row, span)
        found[places] = [weight] * len(found[places])
        if weight == 0:
            row.labels[places] = [IGNORED] * len(row.labels[places])
            row.ends[:] = [end for end in row.ends if not places.start <= end < places.stop]
    row.weights = found if any(weight not in (0, 1) for weight in found) else None


def _tokens_of(row: RowEnds, span: Span) -> slice:
    """The tokens of an answer with its end, also where that is learnt at the token behind."""
    behind = first_from(row.offsets, span[1])
    return slice(first_from(row.offsets, span[0]), behind + (behind in row.ends))
