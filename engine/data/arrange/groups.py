"""Which records belong together, found in arrays of a few bytes a record, whatever the records hold."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import key_of
from engine.data.arrange.trees import id_of
from engine.data.records.record import Record

_DOUBLINGS = 40  # of a way up to the root: more than any has
Numbers = npt.NDArray[np.int64]


class GroupFinder:
    """Takes in one record after another, and says then which of them make a conversation or a tree.

    Of each it keeps 8 bytes (16 of a tree): a hash of what tells its conversation from others.
    """

    def __init__(self, plan: Arrangement) -> None:
        self._plan = plan
        self._keys = array("Q")
        self._parents = array("Q")  # 0 for none

    def add(self, record: Record) -> None:
        """One more record."""
        file = record.file or ""
        if self._plan.how == "tree":
            name, before = id_of(record, self._plan.id), id_of(record, self._plan.parent)
            self._keys.append(_hash(file, name or f"\0{record.row}"))
            self._parents.append(_hash(file, before) if before else 0)
        else:
            self._keys.append(_hash(file, key_of(record, str(self._plan.id))[1]))

    def found(self) -> Iterator[Numbers]:
        """Of each group the places of its records, in order; the groups in the order of their first records."""
        if not self._keys:
            return
        keys = np.frombuffer(self._keys, dtype=np.uint64)
        groups = _roots(keys, np.frombuffer(self._parents, dtype=np.uint64)) if self._plan.how == "tree" else keys
        _values, first, number = np.unique(groups, return_index=True, return_inverse=True)
        begins = first[number]
        order = np.argsort(begins, kind="stable")
        cuts = np.flatnonzero(np.diff(begins[order])) + 1
        start = 0
        for end in (*cuts, len(order)):
            yield order[start:end]
            start = int(end)


def _hash(file: str, text: str) -> int:
    made = hashlib.blake2b(f"{file}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(made, "little") or 1


def _roots(ids: npt.NDArray[np.uint64], parents: npt.NDArray[np.uint64]) -> Numbers:
    """Of each message the place of the one that its tree begins with; one whose parent is not there begins a tree itself.

    Messages that name each other in a circle get the first one of the circle.
    """
    order = np.argsort(ids, kind="stable")
    at = np.searchsorted(ids[order], parents)
    above = order[np.minimum(at, len(ids) - 1)]
    alone = np.arange(len(ids))
    step: Numbers = np.where((parents != 0) & (ids[above] == parents), above, alone)
    up, first = step, np.minimum(alone, step)
    for _step in range(_DOUBLINGS):
        first = np.minimum(first, first[up])
        further = up[up]
        if np.array_equal(further, up) and np.array_equal(step[up], up):
            break
        up = further
    return np.where(step[up] == up, up, first[up])
