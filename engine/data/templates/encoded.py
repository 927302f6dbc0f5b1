"""One example as tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.data.templates.masking import IGNORED


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
        return replace(self, ids=self.ids[:length], labels=self.labels[:length], ends=ends)

    @property
    def truncated(self) -> bool:
        """Whether the end was cut off."""
        return self.full_length > len(self.ids)
