"""One example as tokens, and many that are asked for at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.masking import IGNORED

Views = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Encoded:
    """One example as tokens. `labels` are the ids to learn, `IGNORED` elsewhere.

    Attributes:
        ids: token ids, at most the limit's number.
        labels: as long as `ids`.
        skipped_turns: answers that are not trained, for the template rewrites them when the conversation goes on, or there are too many.
        full_length: number of tokens before any cut.
        following: the token behind the last one, where that is learnt although it stands in another example.
        cropped: answers whose white space at the beginning the template drops.
        controls: whether control tokens stand in the row's texts, where they are text.
        ends: places of labels that teach an end which the template itself does not write.
        open_ends: answers whose end is not learnt.
        lost_thoughts: answers whose reasoning the template leaves out, so that it is not learnt.
        weights: how much each label counts in the loss, as long as `labels`; None where each counts once.
        following_weight: the same of `following`.
    """

    ids: list[int]
    labels: list[int]
    skipped_turns: int = 0
    full_length: int = 0
    following: int = IGNORED
    cropped: int = 0
    controls: bool = False
    ends: tuple[int, ...] = ()
    open_ends: int = 0
    lost_thoughts: int = 0
    weights: list[float] | None = None
    following_weight: float = 1.0

    @property
    def trained(self) -> int:
        """How many tokens are predicted: the first token of a row never is."""
        return sum(label != IGNORED for label in self.labels[1:]) + (self.following != IGNORED)

    @property
    def added_ends(self) -> int:
        """How many answers (or texts) get an end token that the template does not write."""
        return len(self.ends)

    def cut(self, length: int) -> Encoded:
        """The first `length` tokens."""
        ends = tuple(end for end in self.ends if end < length)
        weights = self.weights and self.weights[:length]
        return replace(self, ids=self.ids[:length], labels=self.labels[:length], weights=weights, ends=ends)

    def piece(self, start: int, end: int, learnt: int) -> Encoded:
        """The tokens from `start` up to `end`; those before `learnt` are read, not learnt."""
        labels = [IGNORED] * (learnt - start) + self.labels[learnt:end]
        ends = tuple(place - start for place in self.ends if learnt <= place < end)
        weights = self.weights and self.weights[start:end]
        ids, length = self.ids[start:end], end - start
        return replace(self, ids=ids, labels=labels, weights=weights, ends=ends, full_length=length)

    def times(self, weight: float) -> Encoded:
        """The same, of which each label counts so much more; at 0 there is none."""
        if weight == 1:
            return self
        if weight == 0:
            return replace(
                self, labels=[IGNORED] * len(self.labels), weights=None, ends=(), open_ends=0, following=IGNORED
            )
        weights = [one * weight for one in self.weights or [1.0] * len(self.labels)]
        return replace(self, weights=weights, following_weight=self.following_weight * weight)

    @property
    def truncated(self) -> bool:
        """Whether the end was cut off."""
        return self.full_length > len(self.ids)


@dataclass(frozen=True)
class Bundle:
    """A prompt, which is worked through once, and answers to it, each of which sees the prompt and itself alone.

    Attributes:
        prompt: its tokens, at least one.
        answers: tokens of each, with its end mark where it has one; every one of them carries a label.
        tags: how good each answer is, higher is better: 1 and 0 of a pair or of thumbs; margins and ranks likewise.
        weight: how much the example counts in the loss.
    """

    prompt: Sequence[int]
    answers: Sequence[Sequence[int]]
    tags: Sequence[float]
    weight: float = 1.0

    def read_alone(self) -> list[Encoded]:
        """Each answer behind the prompt, as an example of its own."""
        before, ignored = list(self.prompt), [IGNORED] * len(self.prompt)
        weights = None if self.weight == 1 else self.weight
        found = [Encoded([*before, *answer], [*ignored, *answer]) for answer in self.answers]
        return found if weights is None else [one.times(weights) for one in found]


class Batches(ABC):
    """Many rows at once: where a template lives in another process, they are one message."""

    @abstractmethod
    def encode(self, *args: Any, **options: Any) -> Encoded:
        """Tokens and labels of a row."""

    @abstractmethod
    def row_text(self, messages: Any, tools: Any = None, *, ask: bool = False) -> str:
        """The conversation as it is learnt, or asked."""

    @abstractmethod
    def token_ids(self, text: str, *, special: bool = False) -> list[int]:
        """The tokens of a text by itself; control tokens in it work as such.

        Args:
            special: with what the tokenizer puts around texts.
        """

    def ready(self) -> bool:
        """Have it read, where it is only read when it is needed. Raises Fault("template.no_tokenizer") or "template.broken"."""
        return True

    def encode_many(self, rows: Sequence[Any], seconds: float | None = None, **options: Any) -> list[Encoded | Fault]:
        """As `encode` of each, with the Fault in place of what is refused.

        Args:
            seconds: only the first rows where so much time is over.
        """
        return [_or_fault(lambda row=row: self.encode(row, **options)) for row in rows]

    def row_texts(self, rows: Sequence[tuple[Any, Any]]) -> list[str | Fault]:
        """As `row_text` of each (messages, tools), with the Fault in place of what is refused."""
        return [_or_fault(lambda row=row: self.row_text(*row)) for row in rows]

    def token_counts(self, texts: Sequence[str], *, special: bool = False) -> list[int]:
        """How many tokens each text has by itself; `special` as in `token_ids`."""
        return [len(self.token_ids(text, special=special)) for text in texts]

    def ahead(
        self, rows: Iterator[Mapping[str, Any]], views: Views | None = None, **_options: Any
    ) -> Iterator[Mapping[str, Any]]:
        """The same rows, of which each is about to be encoded with these options.

        Args:
            views: (row) -> what of it is about to be encoded; the row itself where nothing is given.
        """
        return rows


def _or_fault(work: Any) -> Any:
    try:
        return work()
    except Fault as fault:
        return fault
