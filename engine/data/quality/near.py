"""Rows that are nearly alike: MinHash signatures, cut into bands; rows with an equal band are compared in full.

A signature keeps for each of 128 random orders the smallest run of words; two rows agree in one with the probability of
their Jaccard similarity (Broder 1997), so b bands of r orders meet with 1 - (1 - s^r)^b (Leskovec et al., Mining of Massive
Datasets, ch. 3). The bands lie on disk; one at a time is sorted in memory, 8 bytes a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.data.quality.base import Material
from engine.data.rows.row import Row, answer_of, question_of
from engine.data.rows.wording import jaccard, said, shingles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engine.data.rows.wording import Hashes

    Runs = tuple[Hashes, Hashes, Hashes]

PERMUTATIONS = 128
_MET = 0.98
_LEAST_RUNS = 5  # shorter rows are alike or not; nearly means nothing there
_SLICE = 20_000  # runs of words that are hashed at once
_ALL_PAIRS = 24  # up to this many rows of a bucket are compared each with each
_MOST_HEADS = 12  # rows of a larger bucket are compared with at most so many others
_CACHED = 64_000_000  # bytes of runs of words that are kept
_PART_SHARE = 0.5  # of the threshold: two questions about one long text are no copies of each other
_SHORT, _SHORT_ALIKE = 24, 0.9  # of so few runs a single word is many
_LEAST_ASKED = 4  # runs of a question that can be compared


class Unions:
    """Sets that grow together (union-find with path halving)."""

    def __init__(self, count: int) -> None:
        import numpy as np

        self._parent = np.arange(count, dtype=np.int32)

    def find(self, item: int) -> int:
        """The head of an item's set."""
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = int(parent[item])
        return item

    def join(self, one: int, other: int) -> None:
        """Make one set of two; the smaller head stays."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def groups(self) -> list[list[int]]:
        """Sets of two or more, in the order of their heads."""
        import numpy as np

        moved = np.flatnonzero(self._parent != np.arange(len(self._parent)))
        found: dict[int, list[int]] = {}
        for item in moved.tolist():
            head = self.find(item)
            found.setdefault(head, [head]).append(item)
        return [found[head] for head in sorted(found)]


class _Texts:
    """Runs of words of rows, read again when they are compared."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._known: OrderedDict[int, Runs] = OrderedDict()
        self._bytes = 0

    def load(self, places: Sequence[int]) -> None:
        missing = [place for place in places if place not in self._known]
        for place, row in zip(missing, self._material.read(missing), strict=True):
            self._known[place] = runs_of(row)
            self._bytes += sum(runs.nbytes for runs in self._known[place])
        for place in places:
            self._known.move_to_end(place)
        while self._bytes > _CACHED and len(self._known) > len(places):
            _place, oldest = self._known.popitem(last=False)
            self._bytes -= sum(runs.nbytes for runs in oldest)

    def are_alike(self, one: int, other: int, threshold: float) -> bool:
        """Whether two rows say nearly the same."""
        return are_alike(self._known[one], self._known[other], threshold)


def runs_of(row: Row) -> Runs:
    """The runs of words of all that a row says, of its question, and of its answer."""
    return shingles(said(row)), shingles(question_of(row)), shingles(answer_of(row))


def are_alike(one: Runs, other: Runs, threshold: float) -> bool:
    """Whether two rows say nearly the same, as a whole and in their questions and answers."""
    (all_one, asked_one, said_one), (all_other, asked_other, said_other) = one, other
    short = min(len(all_one), len(all_other)) < _SHORT
    if jaccard(all_one, all_other) < (max(threshold, _SHORT_ALIKE) if short else threshold):
        return False
    if jaccard(said_one, said_other) < _PART_SHARE * threshold:
        return False
    least = min(len(asked_one), len(asked_other))
    return least < _LEAST_ASKED or jaccard(asked_one, asked_other) >= _PART_SHARE * threshold


def similar_pairs(
    material: Material, threshold: float, sides: npt.NDArray[np.bool_] | None = None
) -> Iterator[tuple[int, int]]:
    """Places of rows that are nearly alike, but not for the same reason twice: pairs that join them into groups.

    Args:
        threshold: least Jaccard similarity of what two rows say.
        sides: one mark a row; where given, only pairs of rows with different marks.
    """
    signatures = _signatures(material, threshold)
    texts, unions = _Texts(material), Unions(material.count)
    for band in signatures:
        for bucket in _buckets(band, sides):
            yield from _joined(bucket, texts, unions, threshold, sides)


def _joined(
    bucket: list[int], texts: _Texts, unions: Unions, threshold: float, sides: npt.NDArray[np.bool_] | None
) -> Iterator[tuple[int, int]]:
    for one, others in _comparisons(bucket, sides):
        wanted = [other for other in others if unions.find(one) != unions.find(other)]
        if not wanted:
            continue
        texts.load([one, *wanted])
        for other in wanted:
            if unions.find(one) != unions.find(other) and texts.are_alike(one, other, threshold):
                unions.join(one, other)
                yield other, one


def _comparisons(bucket: list[int], sides: npt.NDArray[np.bool_] | None) -> Iterator[tuple[int, list[int]]]:
    """Each row with those that it is compared with; in large buckets with some of those before it."""
    few = len(bucket) <= _ALL_PAIRS
    for at, one in enumerate(bucket):
        before = bucket[:at] if few else [*bucket[: min(at, _MOST_HEADS)], *bucket[max(_MOST_HEADS, at - 4) : at]]
        yield one, before if sides is None else [other for other in before if sides[other] != sides[one]]


def _buckets(band: npt.NDArray[np.uint64], sides: npt.NDArray[np.bool_] | None) -> Iterator[list[int]]:
    """Places of rows with an equal band (0: a row without one)."""
    import numpy as np

    order = np.argsort(band, kind="stable")
    ranked = band[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    ends = np.r_[starts[1:], len(ranked)]
    for start, end in zip(starts[ends - starts > 1].tolist(), ends[ends - starts > 1].tolist(), strict=True):
        places = order[start:end]
        if ranked[start] and (sides is None or len(np.unique(sides[places])) > 1):
            found: list[int] = places.tolist()
            yield found if sides is None else sorted(found, key=lambda place: not sides[place])


def band_shape(threshold: float) -> tuple[int, int]:
    """How many bands of how many orders: the longest bands in which rows at the threshold still meet with 98 % or more."""
    sizes = range(PERMUTATIONS, 0, -1)
    size = next((r for r in sizes if 1 - (1 - threshold**r) ** (PERMUTATIONS // r) >= _MET), 1)
    return PERMUTATIONS // size, size


def _signatures(material: Material, threshold: float) -> Iterator[npt.NDArray[np.uint64]]:
    """The bands of all rows, one after the other: a hash a row."""
    import numpy as np
    from datasketch import MinHash

    count, size = band_shape(threshold)
    path = material.scratch() / "bands"
    bands = np.memmap(path, dtype=np.uint64, mode="w+", shape=(max(1, material.count), count))
    empty = MinHash(num_perm=PERMUTATIONS, hashfunc=int, scheme="affine32")
    factors = np.random.default_rng(7).integers(1, 2**63, size=(count, size), dtype=np.uint64) | np.uint64(1)
    for place, runs in enumerate(_runs(material.rows())):
        if len(runs) >= _LEAST_RUNS:
            bands[place] = _bands(runs, empty, factors)
    try:
        for band in range(count):
            yield np.ascontiguousarray(bands[: material.count, band])
    finally:
        del bands
        path.unlink(missing_ok=True)


def _runs(rows: Iterable[Row]) -> Iterator[npt.NDArray[np.uint32]]:
    for row in rows:
        yield shingles(said(row))


def _bands(runs: npt.NDArray[np.uint32], empty: Any, factors: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    import numpy as np

    signature = empty.copy()
    for start in range(0, len(runs), _SLICE):
        signature.update_batch(runs[start : start + _SLICE])
    bands, size = factors.shape
    values = signature.hashvalues[: bands * size].reshape(bands, size).astype(np.uint64) + np.uint64(1)
    mixed: npt.NDArray[np.uint64] = (values * factors).sum(axis=1, dtype=np.uint64)
    return np.maximum(mixed ^ (mixed >> np.uint64(29)), np.uint64(1))
