"""Held-out rows that the model has already seen in training: their score says how well it remembers, not what it can do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values
from engine.data.quality.duplicates import NEAR, NEAR_DUPLICATES, equal_groups, exact_mark
from engine.data.quality.near import similar_pairs
from engine.data.rows.wording import context_of, mark

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_KINDS = ("same", "near", "question")  # a held-out row is shown once, under the plainest kind
_MOST_SHOWN = 20  # training rows of one held-out row, where another one shows them all


class _Marks:
    """What is remembered of each row: id, side, and marks of the whole row and of what stands before its answer."""

    def __init__(self, material: Material) -> None:
        import numpy as np

        self.ids, self.whole, self.before = (np.zeros(material.count, dtype=np.uint64) for _ in range(3))
        self.held_out: npt.NDArray[np.bool_] = np.zeros(material.count, dtype=np.bool_)
        for place, row in enumerate(material.rows()):
            before = context_of(row)
            self.ids[place], self.whole[place] = row["id"], exact_mark(row)
            self.before[place] = mark(before) if before else place + 1
            self.held_out[place] = row["split"] != "train"


def _run(material: Material, values: Values) -> Iterator[FoundRow]:
    marks = _Marks(material)
    if not marks.held_out.any():
        return
    matches: dict[str, dict[int, list[int]]] = {kind: defaultdict(list) for kind in _KINDS}
    _match(matches["same"], equal_groups(marks.whole), marks.held_out)
    _match(matches["question"], equal_groups(marks.before), marks.held_out)
    pairs = similar_pairs(material, values["threshold"], marks.held_out)
    _match(matches["near"], ([one, other] for one, other in pairs), marks.held_out)
    yield from _grouped(matches, marks)


def _match(
    into: dict[int, list[int]], groups: Iterator[list[int]], held_out: Sequence[bool] | npt.NDArray[np.bool_]
) -> None:
    """Each held-out row with training rows of its group: the first one with all, so that a repair misses none."""
    for group in groups:
        trained = [place for place in group if not held_out[place]]
        for place in group:
            if trained and held_out[place]:
                into[place] += trained
                trained = trained[:_MOST_SHOWN]


def _grouped(matches: dict[str, dict[int, list[int]]], marks: _Marks) -> Iterator[FoundRow]:
    """A group for each held-out row with its training rows; one of those may be in several groups."""
    taken: set[int] = set()
    for kind in _KINDS:
        for place in sorted(matches[kind].keys() - taken):
            number = len(taken)
            taken.add(place)
            yield FoundRow(
                int(marks.ids[place]), number, {"code": f"leak.{kind}.held_out", "side": "held_out", "kind": kind}
            )
            for other, how in _trained(matches, place).items():
                yield FoundRow(
                    int(marks.ids[other]), number, {"code": f"leak.{how}.train", "side": "train", "kind": how}
                )


def _trained(matches: dict[str, dict[int, list[int]]], place: int) -> dict[int, str]:
    """The training rows of a held-out one, each with the plainest kind in which they are alike."""
    found: dict[int, str] = {}
    for kind in _KINDS:
        for other in matches[kind].get(place, ()):
            found.setdefault(other, kind)
    return found


LEAKAGE = Check(
    key="leakage",
    severity="serious",
    label=Text("data.quality.leakage.label"),
    help=Text("data.quality.leakage.help"),
    found=Text("data.quality.leakage.found"),
    run=_run,
    params=(
        Param(
            "threshold", "float", NEAR, NEAR_DUPLICATES.params[0].label, NEAR_DUPLICATES.params[0].help,
            usual=NEAR_DUPLICATES.params[0].usual, minimum=0.5, maximum=0.99, step=0.05, advanced=False,
        ),
    ),
    fixes=(
        Fix("drop_found", {"check": "leakage", "side": "train"}, Text("data.quality.leakage.drop_found.label")),
        Fix("move_to_train", {"check": "leakage"}, Text("data.quality.leakage.move_to_train.label")),
    ),
    weight=9,
)  # fmt: skip
