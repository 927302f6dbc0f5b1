"""The ways in which adapters are merged: one frozen value each. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.core.errors import Fault
from engine.core.text import Text


@dataclass(frozen=True)
class MergeWay:
    """One way.

    Attributes:
        key: name in specs and on the command line.
        label: its name for people.
        help: what one gets, and when to choose it.
        combination: how PEFT's `add_weighted_adapter` puts the matrices together.
        rank: what the merged adapter's rank is: the "sum" of all, "chosen" by the user, or the "same" that all must have.
    """

    key: str
    label: Text
    help: Text
    combination: Literal["cat", "linear"]
    rank: Literal["sum", "chosen", "same"]

    def rank_of(self, ranks: Sequence[int], chosen: int | None) -> int:
        """The merged adapter's rank. The highest of all where one is to be chosen and none is.

        Raises:
            Fault: "merging.bad_rank", "merging.other_ranks".
        """
        if self.rank == "same" and len(set(ranks)) > 1:
            raise Fault("merging.other_ranks", ranks=", ".join(str(rank) for rank in sorted(set(ranks))))
        if self.rank != "chosen":
            return sum(ranks) if self.rank == "sum" else ranks[0]
        if chosen is not None and not 1 <= chosen <= sum(ranks):
            raise Fault("merging.bad_rank", rank=chosen, most=sum(ranks))
        return chosen or max(ranks)


MERGE_WAYS = (
    MergeWay("cat", Text("training.merging.ways.cat.label"), Text("training.merging.ways.cat.help"), "cat", "sum"),
    MergeWay("svd", Text("training.merging.ways.svd.label"), Text("training.merging.ways.svd.help"), "cat", "chosen"),
    MergeWay(
        "linear",
        Text("training.merging.ways.linear.label"),
        Text("training.merging.ways.linear.help"),
        "linear",
        "same",
    ),
)
_BY_KEY = {way.key: way for way in MERGE_WAYS}


def way_of(key: str) -> MergeWay:
    """The way of that key. Raises Fault("merging.unknown_way")."""
    if key not in _BY_KEY:
        raise Fault("merging.unknown_way", way=key[:40], known=", ".join(_BY_KEY))
    return _BY_KEY[key]
