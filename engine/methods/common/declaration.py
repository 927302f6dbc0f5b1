"""What a method is: one frozen value that everything else derives from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Values = Mapping[str, Any]
Model = Any  # a transformers or PEFT model
Family = Literal["whole", "selective", "low_rank", "adapter", "prompt", "context", "research"]
Format = Literal["adapter", "full", "delta", "shots"]
Count = Callable[[ModelShape, Values], int]
Names = Callable[[ModelShape, Values], Collection[str]]
EXPERTS = "experts"  # among the names of linear modules: the tensors of all experts


@dataclass(frozen=True)
class Capabilities:
    """What a method can do; pages and services ask this, never the method's name.

    Attributes:
        merge: the result can become a plain model that stands alone.
        toggle: base answers come from the same loaded model with the method switched off, bit for bit.
        quantised_base: trains on a base held in 4 or 8 bits.
        packing: several examples may share a row.
        checkpointing: activations may be recomputed.
        resume: an interrupted job goes on exactly where its checkpoint was.
        batch: answers with the base and others in one batch.
        trains: changes numbers at all.
        why_not: for each of these that is False, the reason.
    """

    merge: bool
    toggle: bool
    quantised_base: bool = True
    packing: bool = True
    checkpointing: bool = True
    resume: bool = True
    batch: bool = False
    trains: bool = True
    why_not: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class RunContext:
    """What a method may know of the job that it is applied in.

    Attributes:
        steps: optimizer steps of the whole job.
        training: the objective's settings.
        folder: scratch of the job, removed at its end.
        tokenizer: folder with tokenizer.json.
    """

    steps: int
    training: Values
    folder: Path
    tokenizer: Path | None = None


def _as_they_are(values: Values) -> Values | None:
    return values


@dataclass(frozen=True)
class GoingOn:
    """How another job goes on with a result of the method.

    Attributes:
        free: settings that may be others than those of the job that made the result: its weights say nothing of them.
        kept: settings of that job -> those under which the method makes what the weights fit into; None where none does.
        load: (model, folder of a result) -> None where the kind of the result alone does not say how.
    """

    free: frozenset[str] = frozenset({"dropout"})
    kept: Callable[[Values], Values | None] = _as_they_are
    load: Callable[[Model, Path], None] | None = None


@dataclass(frozen=True)
class Refusal:
    """A combination that cannot work: the place in the spec, the reason, and the change that makes it work."""

    place: str  # "method.rank", "training.quantisation"
    code: str  # text key `error.<code>`
    params: Mapping[str, Any] = field(default_factory=dict)  # of the sentence


@dataclass(frozen=True)
class Variant:
    """A well-known setting of a method under its own name, like DoRA of LoRA."""

    key: str  # name in specs; no method has it
    label: Text  # name in lists and on cards
    tagline: Text  # one sentence under the label
    values: Values  # of the method's own params
    training: Values = field(default_factory=dict)  # of the objective's params
    paper: str = ""  # as in `Learn`; "" where the method's own says all


@dataclass(frozen=True)
class Learn:
    """The method's card: what a person should know before choosing it."""

    what: Text  # two plain sentences
    trains: Text  # which numbers are trained
    frozen: Text  # what stays as it is
    when: Text  # when to choose it
    when_not: Text  # when to choose another one
    strengths: tuple[Text, ...]  # each one sentence or less
    weaknesses: tuple[Text, ...]  # each one sentence or less
    paper: str  # "Hu et al. 2021, LoRA: ..., arXiv:2106.09685"
    formula: str  # parameters, as in `trainable`: "layers × rank × (inputs + outputs)"


@dataclass(frozen=True)
class Method:
    """One method of fine-tuning.

    Attributes:
        key: name in specs and in the database.
        family: group of like methods; the guide and the planner's estimate of quality go by it.
        label: name in lists and on cards.
        tagline: one sentence under the label.
        help: what it does and for whom, in plain words.
        saves: "adapter" (PEFT folder), "full" (whole model), "delta" (changed tensors alone) or "shots" (examples).
        params: the method's own settings.
        defaults: this method's defaults for the objective's settings (learning rate ...).
        apply: (model, values, run) -> the model to train, with only what should train requiring gradients.
        trainable: number of trained parameters; `trainable_source` says where the formula is from.
        trainable_source: where the formula of `trainable` is from: paper and section.
        changed: numbers of the base that the result changes (0 where it only adds inputs or modules).
        rank: highest rank of the change of a weight matrix; None where no matrix is changed.
        capabilities: what it can do, with a reason for what it cannot.
        learn: its card on the Learn page; None: it has none.
        stored: numbers in the result on disk; those trained where it says nothing.
        footprint: (shape, values) -> what it holds besides the base and its trained numbers.
        trains_base: weights of the base itself are trained, so they are held in fp32.
        trains_matrices: whole matrices of the base are trained, so that the format of the trained weights can be chosen, and
            what belongs to their updates may wait in RAM.
        as_pairs: what it adds to a matrix is the product of two small ones, as LoRA's, so that programs which know LoRA alone can
            add it.
        starts_as_base: before its first step the model answers as the base does.
        variants: well-known settings with names of their own.
        notes: what a user should know besides: deviations from the paper, surprises.
        recommended: the planner tries it, and pages offer it before the others.
        adapts: the linear modules that something is put on; None where what is trained is no matter of linear modules.
        refusals: (shape, values, training) -> what cannot work on this model.
        optimizer: (model, values, training) -> an optimizer of the method's own, or None for the chosen one.
        after_update: (model, step) -> None, after each optimizer step, while the gradients are still there.
        penalty: (model) -> a term of the loss, once an optimizer step.
        figures: (model) -> numbers to draw over time, by name ("rank/<module>").
        state, restore: what a checkpoint must hold besides the trained parameters, as tensors by name.
        save: (model, folder, run) -> None where `saves` alone does not say how.
        merge: (loaded model) -> plain model; PEFT's own merge where it is None.
        goes_on: how another job goes on with its results, or why none can.
        expected_fall: share of LoRA's fall of the loss in as many steps that tests ask for; below 0.5 a note must say why.
    """

    key: str
    family: Family
    label: Text
    tagline: Text
    help: Text
    saves: Format
    params: tuple[Param, ...]
    defaults: Values
    apply: Callable[[Model, Values, RunContext], Model]
    trainable: Count
    trainable_source: Text
    changed: Count
    rank: Callable[[ModelShape, Values], int | None]
    capabilities: Capabilities
    learn: Learn | None = None
    footprint: Callable[[ModelShape, Values], Footprint] = lambda _shape, _values: Footprint()
    stored: Count | None = None
    trains_base: bool = False
    trains_matrices: bool = False
    as_pairs: bool = False
    starts_as_base: bool = True
    variants: tuple[Variant, ...] = ()
    notes: tuple[Text, ...] = ()
    recommended: bool = False
    adapts: Names | None = None
    refusals: Callable[[ModelShape, Values, Values], Iterator[Refusal]] = lambda _shape, _values, _training: iter(())
    optimizer: Callable[[Model, Values, Values], Optimizer | None] | None = None
    after_update: Callable[[Model, int], None] | None = None
    penalty: Callable[[Model], Tensor] | None = None
    figures: Callable[[Model], Mapping[str, float]] | None = None
    state: Callable[[Model], Mapping[str, Tensor]] | None = None
    restore: Callable[[Model, Mapping[str, Tensor]], None] | None = None
    save: Callable[[Model, Path, RunContext], None] | None = None
    merge: Callable[[Model], Model] | None = None
    goes_on: GoingOn | Text = GoingOn()
    expected_fall: float = 0.5

    def reach(self, shape: ModelShape, values: Values) -> tuple[list[str], list[str]]:
        """(what is adapted, what stays as it is) of the linear modules of the layers and of the experts, by name."""
        if self.adapts is None:
            return [], []
        chosen = set(self.adapts(shape, values))
        every = [*shape.linears, *([EXPERTS] if shape.experts else [])]
        return [name for name in every if name in chosen], [name for name in every if name not in chosen]

    def numbers_stored(self, shape: ModelShape, values: Values) -> int:
        """Numbers in the result on disk."""
        return (self.stored or self.trainable)(shape, values)
