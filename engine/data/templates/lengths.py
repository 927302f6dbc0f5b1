"""How long the examples are in tokens, kept compactly enough to answer for any limit without tokenising again."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.bundles.sizes import BundleSize, left_of, size_of
from engine.data.templates.losses import reason_of, refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.data.templates.token_rows import BEYOND, RowsWith

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

SPLIT = "split"  # what is done with rows that are too long: several examples are made of each
_CONTEXT = 4, 2  # a piece that begins within a row has a quarter to half of the limit in front of what it learns
MOST_ROWS = 4000  # larger data sets are measured on evenly spread rows and scaled up
Runs = list[list[int]]  # [first, after the last] of each run of trained tokens


@dataclass(frozen=True)
class LengthTable:
    """Measured rows by split; `scale` is how many real rows each stands for, `refused` those the template cannot take."""

    train: Sequence[tuple[int, Runs]]  # (tokens, runs of trained tokens) of each measured row
    val: Sequence[tuple[int, Runs]]  # the same of held-out rows
    scale: float = 1.0  # 1 or more
    refused: int = 0  # scaled up to the whole data set
    beyond: RowsWith = field(default_factory=RowsWith)  # measured rows with tokens that the model has no row for
    untaught: RowsWith = field(default_factory=RowsWith)  # measured rows with tokens that the model never learnt
    refusals: Mapping[str, int] = field(
        default_factory=dict
    )  # measured rows that are refused, by the code of the fault
    reasons: Mapping[str, Any] = field(default_factory=dict)  # the first reason of each code, in words
    bundles: bool = False  # the rows were measured as an objective makes examples of them: prompts with answers
    empty: Mapping[str, int] = field(default_factory=dict)  # measured rows that give no example, by split

    @property
    def rows(self) -> int:
        """All rows of the data set, those that are refused among them."""
        taken = len(self.train) + len(self.val) + self.beyond.rows + sum(self.empty.values())
        return round((taken + sum(self.refusals.values())) * self.scale)

    @cached_property
    def train_index(self) -> LengthIndex:
        """The train rows, ready to be counted under any limit."""
        return self._index("train", self.train)

    @cached_property
    def val_index(self) -> LengthIndex:
        """The validation rows, ready to be counted under any limit."""
        return self._index("val", self.val)

    def _index(self, split: str, rows: Sequence[tuple[int, Runs]]) -> LengthIndex:
        return (
            BundleIndex(rows, self.scale, self.empty.get(split, 0)) if self.bundles else LengthIndex(rows, self.scale)
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        found = {"train": self.train, "val": self.val, "scale": self.scale, "refused": self.refused}
        found |= {"refusals": dict(self.refusals), "reasons": dict(self.reasons)}
        found |= {"bundles": self.bundles, "empty": dict(self.empty)}
        return found | {"beyond": asdict(self.beyond), "untaught": asdict(self.untaught)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LengthTable:
        """Back from JSON."""
        beyond, untaught = (RowsWith.from_dict(data[name]) for name in ("beyond", "untaught"))
        counts = data["train"], data["val"], data["scale"], data["refused"]
        more = data.get("bundles", False), data.get("empty", {})
        return cls(*counts, beyond, untaught, data["refusals"], data["reasons"], *more)


@dataclass(frozen=True)
class Counts:
    """What training will see of one split under a limit. Numbers of rows and tokens are for the whole split.

    Attributes:
        rows: that are left.
        tokens: of the rows that are left.
        trained: tokens with a label among them.
        lengths: of the measured rows that are left.
        truncated: rows that were cut at the limit.
        dropped: rows left out because they are longer than the limit.
        unlearnable: rows without a trained token left; they are not trained on.
        split: rows of which pieces are made, each of which counts as a row.
        bundles: of the measured rows that are left, where they are prompts with answers; `lengths` has each prompt once.
    """

    rows: int
    tokens: int
    trained: int
    lengths: Sequence[int]
    truncated: int
    dropped: int
    unlearnable: int
    split: int = 0
    bundles: Sequence[BundleSize] = ()

    @property
    def longest(self) -> int:
        """Tokens of the longest row, of prompts with answers of the longest sequence."""
        return max((one.longest for one in self.bundles), default=max(self.lengths, default=0))

    @cached_property
    def descending(self) -> Sequence[int]:
        """Tokens of the examples, the longest first."""
        return sorted(self.lengths, reverse=True)

    @property
    def mean(self) -> float:
        """Tokens of the average row."""
        return self.tokens / self.rows if self.rows else 0.0


class LengthIndex:
    """Rows by length with sums over the shorter ones: counting under a limit looks only at the rows which it cuts."""

    def __init__(self, rows: Iterable[tuple[int, Runs]], scale: float) -> None:
        self._rows, self.scale = sorted(rows, key=lambda row: row[0]), scale
        self.every_length = [length for length, _ in self._rows]
        labels = [sum(end - start for start, end in runs) for _, runs in self._rows]
        self._taught = list(accumulate((tokens > 0 for tokens in labels), initial=0))
        self.taught_lengths = [length for length, tokens in zip(self.every_length, labels, strict=True) if tokens]
        self._tokens = list(accumulate(self.taught_lengths, initial=0))
        self._labelled = list(accumulate((tokens for tokens in labels if tokens), initial=0))
        self._counted: dict[tuple[int, str], Counts] = {}

    def count(self, max_length: int, over_length: str) -> Counts:
        """The same as `count` of all rows; a hundred times faster where few are cut, and remembered."""
        asked = (max_length, over_length)
        if asked not in self._counted:
            self._counted[asked] = self._count(*asked)
        return self._counted[asked]

    def _count(self, max_length: int, over_length: str) -> Counts:
        place = bisect_right(self.every_length, max_length)
        cut = count(self._rows[place:], 1.0, max_length, over_length)
        taught = self._taught[place]
        lengths = [*self.taught_lengths[:taught], *cut.lengths]
        return Counts(
            rows=round(len(lengths) * self.scale),
            tokens=round((self._tokens[taught] + cut.tokens) * self.scale),
            trained=round((self._labelled[taught] + cut.trained) * self.scale),
            lengths=lengths,
            truncated=round(cut.truncated * self.scale),
            dropped=round(cut.dropped * self.scale),
            unlearnable=round((place - taught + cut.unlearnable) * self.scale),
            split=round(cut.split * self.scale),
        )


class BundleIndex(LengthIndex):
    """Prompts with answers, counted under a limit of the tokens of a sequence: prompts are cut from the left, answers never."""

    def __init__(self, rows: Iterable[tuple[int, Runs]], scale: float, empty: int) -> None:
        sizes = sorted((size_of(*row) for row in rows), key=lambda one: one.longest)
        self.scale, self._sizes, self._empty = scale, sizes, empty
        self.every_length = [one.longest for one in sizes]
        self.taught_lengths = [one.longest for one in sizes if one.answers]
        self._counted = {}

    def _count(self, max_length: int, over_length: str) -> Counts:
        left = left_of((one for one in self._sizes if one.answers), max_length, drop=over_length == "drop")
        never = self._empty + len(self._sizes) - len(self.taught_lengths)
        return Counts(
            rows=round(len(left.sizes) * self.scale),
            tokens=round(left.tokens * self.scale),
            trained=round(left.trained * self.scale),
            lengths=[one.tokens for one in left.sizes],
            truncated=round(left.cut * self.scale),
            dropped=round(left.dropped * self.scale),
            unlearnable=round(never * self.scale),
            bundles=left.sizes,
        )


def measure(
    rows: Iterable[Mapping[str, Any]], total: int, template: ChatTemplate, mask: Mapping[str, Any]
) -> LengthTable:
    """Tokenise rows ({"split", "messages" | "text"}), which stand for all `total` of them, with `mask` as an objective says."""
    splits: dict[str, list[tuple[int, Runs]]] = {"train": [], "val": []}
    seen = 0
    refusals: Counter[str] = Counter()
    reasons: dict[str, Any] = {}
    beyond, untaught, never = RowsWith(), RowsWith(), template.token_rows.untaught
    for row in template.ahead(iter(rows), **mask):
        seen += 1
        try:
            encoded = template.encode(row, **mask)
        except Fault as fault:
            if fault.code == BEYOND:
                beyond.add(row, fault.params["texts"])
            else:  # the template refuses the row
                refusals[fault.code] += 1
                if refuses_a_row(fault):
                    reasons.setdefault(fault.code, reason_of(fault))
            continue
        if used := never.keys() & set(encoded.ids):
            untaught.add(row, {token: never[token] for token in used})
        splits[row["split"]].append((len(encoded.ids), runs_of(encoded.labels)))
    scale = total / seen if seen else 1.0
    refused = round(sum(refusals.values()) * scale)
    return LengthTable(splits["train"], splits["val"], scale, refused, beyond, untaught, refusals, reasons)


def runs_of(labels: Sequence[int]) -> Runs:
    """The runs of trained tokens; the first token of a row is never predicted."""
    runs: Runs = []
    for place, label in enumerate(labels):
        if label == IGNORED or place == 0:
            continue
        if runs and runs[-1][1] == place:
            runs[-1][1] += 1
        else:
            runs.append([place, place + 1])
    return runs


def pieces(length: int, runs: Runs, most: int) -> list[tuple[int, int, int]]:
    """How a row of `length` tokens is split into examples of at most `most`: (start, end, first place that is learnt) of each.

    Each trained token is learnt once. A piece ends behind an answer where one that would be cut fits into the next piece,
    and begins with the question or, within a long answer or text, with a part of what the piece before it taught.
    """
    made: list[tuple[int, int, int]] = []
    done = 0  # every trained token before it is learnt
    for at, (first, end) in enumerate(runs):
        while done < end:
            learnt = max(done, first)
            least, largest = (most // part for part in _CONTEXT)
            asked = least if done > first else learnt - (runs[at - 1][1] if at else 0)
            start = max(0, learnt - min(max(asked, least), largest)) if made or learnt >= most else 0
            done = _end(runs[at:], min(length, start + most), learnt, most - largest)
            made.append((start, done, learnt))
    return made


def _end(runs: Runs, end: int, learnt: int, room: int) -> int:
    """Where a piece ends that may go on to `end`: behind the last answer that is whole, or within one that fits nowhere."""
    whole = [run for run in runs if run[1] <= end]
    cut = next((run for run in runs if run[0] < end < run[1]), None)
    if cut is None:
        return end
    return whole[-1][1] if whole and whole[-1][1] > learnt and cut[1] - cut[0] <= room else end


def count(rows: Iterable[tuple[int, Runs]], scale: float, max_length: int, over_length: str) -> Counts:
    """What is left of a split under `max_length`, when longer rows are cut ("truncate"), left out ("drop") or `SPLIT`."""
    lengths: list[int] = []
    trained = truncated = dropped = unlearnable = split = 0
    for length, runs in rows:
        if length > max_length and over_length == "drop":
            dropped += 1
            continue
        if length > max_length and over_length == SPLIT:
            made = pieces(length, runs, max_length)
            lengths += [end - start for start, end, _ in made]
            trained += sum(end - start for start, end in runs)
            split, unlearnable = split + bool(made), unlearnable + (not made)
            continue
        labels = sum(max(0, min(end, max_length) - start) for start, end in runs)
        if not labels:
            unlearnable += 1
            continue
        truncated += length > max_length
        trained += labels
        lengths.append(min(length, max_length))
    return Counts(
        rows=round(len(lengths) * scale),
        tokens=round(sum(lengths) * scale),
        trained=round(trained * scale),
        lengths=lengths,
        truncated=round(truncated * scale),
        dropped=round(dropped * scale),
        unlearnable=round(unlearnable * scale),
        split=round(split * scale),
    )
