"""Tokenised examples on disk, mapped into memory: a data set of any size takes no more of it than a step needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import numpy as np
import pyarrow as pa
from datasets import Dataset
from numpy.typing import NDArray

from engine.data.bundles.sizes import BundleSize

_SCHEMA = pa.schema(
    [
        ("ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.int32())),
        ("trained", pa.int32()),
        ("parts", pa.list_(pa.int32())),
        ("weights", pa.list_(pa.float32())),
        ("shared", pa.int32()),
        ("tags", pa.list_(pa.float32())),
    ]
)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Example:
    """What is learnt as one: tokens of one or several sequences behind each other, perhaps behind a prompt that they share.

    Attributes:
        ids: tokens, shape (tokens,).
        labels: already shifted: `labels[i]` is what follows `ids[i]`, or IGNORED; shape (tokens,).
        trained: label tokens.
        parts: tokens of each sequence; each attends to itself alone. Empty for a single one.
        weights: how much each label counts in the loss, shape (tokens,); None where each counts once.
        shared: tokens in front that each sequence reads, without labels. Its last token is not among them: it stands before each
            answer, where it is followed by another one each time.
        tags: how good each sequence is, higher is better, shape (parts,); None where nothing is said of them.
        place: where it stands among the job's examples of its split.
        answer_notes: further numbers of each sequence by name, shape (parts,).
        label_notes: further numbers of each label by name, shape (labels,).
    """

    ids: NDArray[np.int32]
    labels: NDArray[np.int32]
    trained: int
    parts: tuple[int, ...] = ()
    weights: NDArray[np.float32] | None = None
    shared: int = 0
    tags: NDArray[np.float32] | None = None
    place: int = -1
    answer_notes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    label_notes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        """How much its labels count together, by which the sum of a step's losses is divided: their number, without weights."""
        return self.trained if self.weights is None else float(self.weights[self.labels >= 0].sum(dtype=np.float64))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def longest(self) -> int:
        """Tokens of its longest sequence, with what they share."""
        return self.shared + max(self.parts or (len(self) - self.shared,))

    @property
    def label_counts(self) -> list[int]:
        """Labels of each of its sequences, in order."""
        learnt = np.append(0, (self.labels >= 0).cumsum())
        ends = self.shared + np.cumsum([0, *(self.parts or (len(self) - self.shared,))])
        return np.diff(learnt[ends]).tolist()  # type: ignore[no-any-return]

    def sequences(self) -> list[Example]:
        """Its sequences, each as an example of its own that reads all by itself."""
        if len(self.parts) < 2 and not self.shared:
            return [self]
        return [replace(self.only([number]), shared=0, parts=()) for number in range(len(self.parts))]

    def only(self, chosen: Sequence[int]) -> Example:
        """The same with some of its sequences, behind what they share."""
        starts = [self.shared + start for start in accumulate(self.parts, initial=0)]
        firsts = [0, *accumulate(self.label_counts)]
        tokens = [*range(self.shared), *(at for one in chosen for at in range(starts[one], starts[one + 1]))]
        learnt = [at for one in chosen for at in range(firsts[one], firsts[one + 1])]
        places = list(chosen)
        return replace(
            self,
            ids=self.ids[tokens],
            labels=self.labels[tokens],
            trained=len(learnt),
            parts=tuple(self.parts[one] for one in chosen),
            weights=None if self.weights is None else self.weights[tokens],
            tags=None if self.tags is None else self.tags[places],
            answer_notes={name: notes[places] for name, notes in self.answer_notes.items()},
            label_notes={name: notes[learnt] for name, notes in self.label_notes.items()},
        )


class TokenizedDataset(Sequence[Example]):
    """The examples of one Arrow file, in order. `lengths` are their tokens, shape (examples,)."""

    def __init__(self, path: Path) -> None:
        self._rows = Dataset.from_file(str(path)).with_format("numpy")
        lists = self._rows.data.column("ids").chunks
        self.lengths: NDArray[np.int64] = np.concatenate(
            [np.zeros(0, np.int64), *(chunk.value_lengths().to_numpy().astype(np.int64) for chunk in lists)]
        )

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def bundles(self) -> list[BundleSize]:
        """Sizes of the examples, where all of them are prompts with answers; else none."""
        columns = [self._rows.data.column(name).to_pylist() for name in ("shared", "parts", "tags")]
        if not len(self) or any(tags is None or not parts for _, parts, tags in zip(*columns, strict=True)):
            return []
        return [
            BundleSize(shared, tuple(part - 1 for part in parts)) for shared, parts, _ in zip(*columns, strict=True)
        ]

    @property
    def trained(self) -> int:
        """Label tokens of all examples."""
        return sum(int(chunk.to_numpy().sum()) for chunk in self._rows.data.column("trained").chunks)

    @property
    def tags(self) -> NDArray[np.float32]:
        """How good the sequences of all examples are, in order; of those of which nothing is said nothing."""
        chunks = [chunk.flatten() for chunk in self._rows.data.column("tags").chunks]
        return np.concatenate([np.zeros(0, np.float32), *(chunk.to_numpy() for chunk in chunks)])

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        row: dict[str, Any] = self._rows[place]
        parts = tuple(int(size) for size in row["parts"])
        ids, labels = row["ids"].astype(np.int32), row["labels"].astype(np.int32)
        weights = None if row["weights"] is None else row["weights"].astype(np.float32)
        tags = None if row["tags"] is None else row["tags"].astype(np.float32)
        place %= len(self)
        return Example(ids, labels, int(row["trained"]), parts, weights, int(row["shared"]), tags, place)


class TokenizedDatasetWriter:
    """Takes examples one by one and leaves an Arrow stream file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._waiting: list[Example] = []
        self._stream = pa.ipc.new_stream(str(path), _SCHEMA)

    def __enter__(self) -> TokenizedDatasetWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._write()
        self._stream.close()

    def add(self, example: Example) -> None:
        """One more example."""
        self._waiting.append(example)
        if len(self._waiting) >= _BATCH:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            columns = [[getattr(example, name) for example in self._waiting] for name in _SCHEMA.names]
            arrays = [pa.array(column, kind.type) for column, kind in zip(columns, _SCHEMA, strict=True)]
            self._stream.write_batch(pa.record_batch(arrays, schema=_SCHEMA))
            self._waiting = []
