"""Continued pretraining: the model reads plain texts as in its pretraining, with a loss on every token.

Documents are packed into blocks of equal length, and no token is lost: what does not fit goes on in the next block. A
block's documents attend to themselves alone (Krell et al. 2021, arXiv:2107.02027), so no text leaks into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.lengths import Counts, LengthIndex
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.methods.common.declaration import Method, Refusal
from engine.objectives.charts import PERPLEXITY, perplexity_of
from engine.objectives.declaration import Card, LeftOut, Objective, Parts, Row, Values
from engine.objectives.families import TEXTS
from engine.objectives.losses import cross_entropy
from engine.objectives.shared_params import (
    BATCH_SIZE,
    CHECKPOINTING,
    CONTROL_TOKENS,
    DOUBLE_QUANTISATION,
    EPOCHS,
    EVALUATIONS,
    KEEP_CHECKPOINTS,
    LEARNING_RATE,
    MAX_GRAD_NORM,
    MAX_LENGTH,
    MODEL_FROM,
    OFFLOAD,
    OPTIMIZER,
    QUANTISATION,
    SCHEDULE,
    SEED,
    TRAINED_FORMAT,
    WARMUP,
    WEIGHT_DECAY,
)

if TYPE_CHECKING:
    from engine.data.templates.encoded import Encoded
    from engine.data.templates.template import ChatTemplate


class _Blocks:
    """Documents one after the other in blocks of `max_length` tokens; the last block of a split is shorter."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._length, self._left_out = template, int(values["max_length"]), left_out
        self._parts: list[Encoded] = []
        self._held = 0  # tokens of `_parts`

    def add(self, row: Row) -> Iterator[Parts]:
        try:
            encoded = self._template.encode(row, train_on="all")
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        ids = encoded.ids
        self._left_out("control_tokens", int(encoded.controls))
        if not encoded.trained:
            self._left_out("unlearnable")
            return
        start, weight = 0, float(row.get("weight", 1))
        while start < len(ids):
            start += self._take(ids[start:], weight)
            if self._held == self._length:
                yield from self.close()

    def _take(self, ids: list[int], weight: float) -> int:
        """Put the beginning of what is left of a document, of that weight, into the block; how many tokens that was."""
        from engine.data.templates.encoded import Encoded

        room = self._length - self._held
        piece, following = ids[:room], ids[room] if len(ids) > room else IGNORED
        if len(piece) > 1 or following != IGNORED:  # the document's last token alone has nothing left to predict
            self._parts.append(Encoded(piece, list(piece), 0, len(piece), following).times(weight))
            self._held += len(piece)
        return len(piece)

    def close(self) -> Iterator[Parts]:
        if self._parts:
            yield tuple(self._parts)
        self._parts, self._held = [], 0


def _counts(index: LengthIndex, values: Values) -> Counts:
    """All tokens in blocks; each but the first of a document is predicted once."""
    length, tokens, documents = int(values["max_length"]), sum(index.taught_lengths), len(index.taught_lengths)
    blocks, rest = divmod(tokens, length)
    lengths = [length] * blocks + ([rest] if rest else [])
    return Counts(
        rows=round(len(lengths) * index.scale),
        tokens=round(tokens * index.scale),
        trained=round(max(0, tokens - documents) * index.scale),
        lengths=lengths,
        truncated=0,
        dropped=0,
        unlearnable=0,
    )


def _refusals(method: Method) -> Iterator[Refusal]:
    if not method.capabilities.trains:
        yield Refusal("method", "pretraining.no_training", {"method": method.label.as_dict()})


_PARAMS: tuple[Param, ...] = (
    replace(EPOCHS, default=1, usual=Text("objectives.pretraining.params.usual.1_rarely_more_than")),
    LEARNING_RATE,
    replace(BATCH_SIZE, usual=Text("objectives.pretraining.params.usual.8_to_64")),
    replace(
        MAX_LENGTH,
        default=1024,
        label=Text("objectives.pretraining.params.label"),
        help=Text("objectives.pretraining.params.help"),
        usual=Text("objectives.pretraining.params.usual.1_024_to_4"),
    ),
    CONTROL_TOKENS,
    replace(SCHEDULE, default="cosine"),
    replace(WARMUP, default=0.03),
    replace(WEIGHT_DECAY, default=0.1, usual=Text("objectives.pretraining.params.usual.0_1")),
    MAX_GRAD_NORM, OPTIMIZER, TRAINED_FORMAT, OFFLOAD, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, MODEL_FROM, KEEP_CHECKPOINTS, SEED,
)  # fmt: skip

PRETRAINING = Objective(
    key="pretraining",
    label=Text("objectives.pretraining.label"),
    tagline=Text("objectives.pretraining.tagline"),
    help=Text("objectives.pretraining.help"),
    params=_PARAMS,
    learns_from=frozenset({"text"}),
    family=TEXTS,
    mask=lambda _values: {"train_on": "all"},
    examples=_Blocks,
    counts=_counts,
    loss=cross_entropy,
    charts=(PERPLEXITY,),
    validation=perplexity_of,
    refusals=_refusals,
    example=Text("objectives.pretraining.example"),
    own=frozenset({"epochs", "max_length", "schedule", "warmup", "weight_decay"}),
    search_lengths=(2048, 1024, 512, 256, 128),
    learn=Card(
        what=Text("objectives.pretraining.learn.what"),
        data=Text("objectives.pretraining.learn.data"),
        when=Text("objectives.pretraining.learn.when"),
        when_not=Text("objectives.pretraining.learn.when_not"),
        loss="−Σ log p(token | earlier tokens of the document) ÷ tokens",
        paper="Gururangan et al. 2020, Don't Stop Pretraining, arXiv:2004.10964",
    ),
)
