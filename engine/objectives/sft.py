"""Supervised fine-tuning: the model learns the answers of conversations, or whole texts, token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.lengths import SPLIT, Counts, LengthIndex, pieces, runs_of
from engine.data.templates.losses import refuses_a_row
from engine.objectives.charts import PERPLEXITY, perplexity_of
from engine.objectives.declaration import Card, LeftOut, Objective, Parts, Row, Values
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
    SCORED_ANSWERS,
    SEED,
    THINKING,
    TRAINED_FORMAT,
    WARMUP,
    WEIGHT_DECAY,
)

if TYPE_CHECKING:
    from engine.data.templates.encoded import Encoded
    from engine.data.templates.template import ChatTemplate

# fmt: off
_OVER_LENGTH = Param(
    key="over_length", kind="choice", default="truncate",
    choices={"truncate": Text("objectives.sft.over_length.choices.truncate"), "drop": Text("objectives.sft.over_length.choices.drop"), SPLIT: Text("objectives.sft.over_length.choices.split")},
    label=Text("objectives.sft.over_length.label"),
    help=Text("objectives.sft.over_length.help"),
)

_TRAIN_ON = Param(
    key="train_on", kind="choice", default="assistant",
    choices={"assistant": Text("objectives.sft.train_on.choices.assistant"), "all": Text("objectives.sft.train_on.choices.all")},
    label=Text("objectives.sft.train_on.label"),
    help=Text("objectives.sft.train_on.help"),
    usual=Text("objectives.sft.train_on.usual"),
)

_TEACH_END = Param(
    key="teach_end", kind="bool", default=True,
    label=Text("objectives.sft.teach_end.label"),
    help=Text("objectives.sft.teach_end.help"),
    usual=Text("objectives.sft.teach_end.usual"),
)

_OPEN_ENDS = Param(
    key="open_ends", kind="bool", default=False,
    label=Text("objectives.sft.open_ends.label"),
    help=Text("objectives.sft.open_ends.help"),
    usual=Text("objectives.sft.open_ends.usual"),
)
# fmt: on


def _mask(values: Values) -> Values:
    return {"train_on": values["train_on"], "teach_end": values.get("teach_end", True)}


class _OneByOne:
    """Each row is an example of its own, cut, left out or made into several where it is too long."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._values, self._left_out = template, values, left_out

    def add(self, row: Row) -> Iterator[Parts]:
        values, most = self._values, int(self._values["max_length"])
        splits = values["over_length"] == SPLIT
        try:
            encoded = self._template.encode(row, **_mask(values), max_length=None if splits else most)
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        if encoded.truncated and values["over_length"] == "drop":
            self._left_out("dropped")
        elif not encoded.trained:
            self._left_out("unlearnable")
        else:
            self._left_out("truncated", int(encoded.truncated))
            self._left_out("skipped_turns", encoded.skipped_turns)
            self._left_out("cropped_answers", encoded.cropped)
            self._left_out("control_tokens", int(encoded.controls))
            for name in ("lost_thoughts", "added_ends", "open_ends"):
                if count := getattr(encoded, name):
                    self._left_out(name, count)
            yield from self._examples(encoded, most)

    def _examples(self, encoded: Encoded, most: int) -> Iterator[Parts]:
        if len(encoded.ids) <= most:
            yield (encoded,)
            return
        self._left_out("split")
        yield from ((encoded.piece(*one),) for one in pieces(len(encoded.ids), runs_of(encoded.labels), most))

    def close(self) -> Iterator[Parts]:
        return iter(())


def _counts(index: LengthIndex, values: Values) -> Counts:
    return index.count(int(values["max_length"]), str(values["over_length"]))


_PARAMS: tuple[Param, ...] = (
    EPOCHS, LEARNING_RATE, BATCH_SIZE, MAX_LENGTH, _OVER_LENGTH, _TRAIN_ON, _TEACH_END, _OPEN_ENDS, THINKING, CONTROL_TOKENS, SCHEDULE, WARMUP, WEIGHT_DECAY,
    MAX_GRAD_NORM, OPTIMIZER, TRAINED_FORMAT, OFFLOAD, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, SCORED_ANSWERS, MODEL_FROM,
    KEEP_CHECKPOINTS, SEED,
)  # fmt: skip

SFT = Objective(
    key="sft",
    label=Text("objectives.sft.label"),
    tagline=Text("objectives.sft.tagline"),
    help=Text("objectives.sft.help"),
    params=_PARAMS,
    learns_from=frozenset({"chat", "text"}),
    unfit={"preference": "job.dataset_preference", "kto": "job.dataset_kto", "prompt": "job.dataset_prompt"},
    mask=_mask,
    examples=_OneByOne,
    counts=_counts,
    loss=cross_entropy,
    charts=(PERPLEXITY,),
    validation=perplexity_of,
    learn=Card(
        what=Text("objectives.sft.learn.what"),
        data=Text("objectives.sft.learn.data"),
        when=Text("objectives.sft.learn.when"),
        when_not=Text("objectives.sft.learn.when_not"),
        loss="−Σ log p(answer token | question, earlier tokens) ÷ answer tokens",
        paper="Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155",
    ),
)
