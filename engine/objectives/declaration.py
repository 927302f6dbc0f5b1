"""What an objective of training is: one frozen value that everything else derives from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text, listed
from engine.data.templates.lengths import Counts, LengthIndex
from engine.methods.common.declaration import Family as MethodFamily
from engine.methods.common.declaration import Method, Refusal
from engine.methods.common.rates import RATE, defaults_for
from engine.objectives.families import ANSWERS, Family
from engine.objectives.online.declaration import Online

if TYPE_CHECKING:
    from torch import Tensor

    from engine.data.bundles.sizes import BundleSize
    from engine.data.templates.encoded import Bundle, Encoded
    from engine.data.templates.template import ChatTemplate

Values = Mapping[str, Any]
Row = Mapping[str, Any]
Parts: TypeAlias = "Sequence[Encoded] | Bundle"  # one example: sequences learnt in the same step, each of which attends to itself alone
Reference = Literal["", "before", "beside"]
Head = Literal["", "reward", "value"]
KINDS: Mapping[str, Text] = {
    "chat": Text("objectives.declaration.kinds.chat"),
    "text": Text("objectives.declaration.kinds.text"),
    "preference": Text("objectives.declaration.kinds.preference"),
    "kto": Text("objectives.declaration.kinds.kto"),
    "ranking": Text("objectives.declaration.kinds.ranking"),
    "prompt": Text("objectives.declaration.kinds.prompt"),
}
EXAMPLES = Text("objectives.declaration.examples")


class LeftOut(Protocol):
    """Told of rows that are left out, or learnt in part."""

    def __call__(self, name: str, count: int = 1, fault: Fault | None = None) -> None:
        """Count under "refused" (with the template's reason), "parted" (answers that differ before their last turn), "dropped", "unlearnable", "truncated", "split", "control_tokens", or the
        name of what is learnt in part: "skipped_turns", "cropped_answers", "lost_thoughts", "added_ends", "open_ends", "identical_answers", "cut_prompts"."""


class ExampleMaker(Protocol):
    """Turns the rows of one split into examples, in order."""

    def add(self, row: Row) -> Iterator[Parts]:
        """The examples that are complete with this row. Raises Fault where the template cannot be used at all."""

    def close(self) -> Iterator[Parts]:
        """What is left when there are no more rows."""


class LabelRead(Protocol):
    """What the model says of the labels of a group, in their order: example by example, answer by answer."""

    @property
    def log_probs(self) -> Tensor:
        """Of each label, shape (labels,), fp32, with its gradient."""

    @property
    def entropy(self) -> Tensor | None:
        """In nats, of the distribution that each label was drawn from, shape (labels,), without gradient; None where it was not
        asked for."""

    @property
    def hidden(self) -> Tensor | None:
        """The last hidden state where each label is predicted, shape (labels, hidden size), with its gradient; None where it was
        not asked for."""


class SumsReader(Protocol):
    """How sure the model is of answers, without learning."""

    def __call__(self, examples: Sequence[Any]) -> Sequence[Any]:
        """Sums of the log-probabilities of the labels of each sequence, a numpy array of shape (sequences,) an example."""


class ForwardPass(Protocol):
    """A way through the model, as losses see it."""

    def read(
        self, group: Sequence[Any], *, entropy: bool = False, hidden: bool = False, temperature: float = 1.0
    ) -> LabelRead:
        """One pass over a group of examples.

        Args:
            temperature: that the logits are divided by, as in sampling.
        """

    def last_states(self, group: Sequence[Any]) -> Tensor:
        """The last hidden state of the last token of each sequence (answer) of the group, shape (sequences, hidden size)."""

    def scores(self, group: Sequence[Any]) -> Tensor:
        """What the model's head says of the last token of each sequence (answer), shape (sequences,), fp32, with its gradient."""

    def values(self, hidden: Tensor) -> Tensor:
        """What the model's head says of hidden states (`LabelRead.hidden`), shape (labels,), fp32, with its gradient."""

    def cross_entropy(self, group: Sequence[Any]) -> Tensor:
        """Sum over the label tokens of a group of examples, each times its weight; a scalar that can be differentiated."""


@dataclass(frozen=True)
class GroupLoss:
    """The loss of a group of examples.

    Attributes:
        total: sum over the group, a scalar; the trainer divides by what the step's examples count together (`Objective.weigh`).
        sums: further numbers of the group by name of a chart, divided in the same way and drawn over time; those of held-out rows
            as "val_<name>".
        of: what some of these are divided by instead: those of answers of one kind alone.
    """

    total: Tensor
    sums: Mapping[str, float] = field(default_factory=dict)
    of: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Means:
    """Numbers of groups, added up: their means are what charts draw.

    Attributes:
        sums: by chart, over all groups.
        of: what some of them are divided by.
    """

    sums: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)

    def add(self, found: GroupLoss) -> None:
        """One more group."""
        self.sums.update(found.sums)
        self.of.update(found.of)

    def over(self, weight: float) -> dict[str, float]:
        """The means, where examples of that weight were added; what had nothing to be divided by is left out."""
        parts = {name: self.of.get(name, weight or 1.0) for name in self.sums}
        return {name: value / parts[name] for name, value in self.sums.items() if parts[name]}


@dataclass(frozen=True)
class Needs:
    """What a step takes besides one pass forward and backward through the model that is trained.

    Attributes:
        reference: the model as it was before the first step says how likely the labels are: "before", once, with the weights that
            are there, or "beside", in each step: it is held a second time where the method cannot be switched off.
        value_head: one number is predicted for each token: as many trained weights as the hidden size.
        generation: answers are written between the steps.
        passes: cost of a step in passes forward and backward; 1 for a single one, a forward pass alone counts a third.
        apart: the size of an example -> what of it is learnt (or scored), and what is only read before each step and each check, if
            anything; None where examples are learnt as they are.
    """

    reference: Reference = ""
    value_head: bool = False
    generation: bool = False
    passes: float = 1.0
    apart: Callable[[BundleSize], tuple[BundleSize, BundleSize | None]] | None = None


@dataclass(frozen=True)
class Chart:
    """A number over time that the objective adds to loss, learning rate and speed.

    Attributes:
        key: name of the metric.
        help: what it means, and which way is better.
    """

    key: str
    label: Text
    help: Text


@dataclass(frozen=True)
class Merit:
    """A number of held-out rows that says better than their loss how good a result is; more is better.

    Attributes:
        metric: its name over time.
        label: what it says, as the beginning of "... rose from 52 % to 94 %".
        share: it is a share, and said in percent.
    """

    metric: str
    label: Text
    share: bool = True


@dataclass(frozen=True)
class Card:
    """What a person should know before choosing an objective.

    Attributes:
        what: what the model learns, in two plain sentences.
        data: what the rows look like, and how many are usual.
        when, when_not: what it is for, and what it is not for.
        loss: the quantity that is minimised, as a formula that needs no language.
        paper: where it comes from.
    """

    what: Text
    data: Text
    when: Text
    when_not: Text
    loss: str
    paper: str


@dataclass(frozen=True)
class Objective:
    """What is optimised: from rows to examples, from examples to a loss, and all that follows of it.

    Attributes:
        key: name in specs and in the database.
        label, tagline, help: its name, one line, and a paragraph.
        params: its settings, in the order of the form. Methods may give them defaults of their own.
        learns_from: kinds of rows (`KINDS`) that it can use.
        family: what people are asked for when they look for it.
        rare: offered below the others of its family, for those who ask for more.
        control: whoever compares objectives on such rows has it as a row, for what it does as well the others did not teach.
        unfit: for other kinds, the code of the sentence that says why not and what to do.
        mask: settings -> which tokens carry a label, as options of `ChatTemplate.encode`.
        examples: (template, settings, told of what is left out) -> a maker, one for each split.
        views: (row) -> what a maker has the template encode for it, so that many rows can be asked for at once.
        counts: (measured lengths of a split, settings) -> what training sees of it, without tokenising again.
        loss: (forward, group, settings) -> the loss of a group.
        learn: its card on the Learn page.
        needs: settings -> what a step takes besides.
        head: what a head on the trained model says: "reward", one number of a whole answer, for which the result is kept as a
            model that scores and does not talk, or "value", one of each token, which only training needs. Its settings have `HEAD_RATE`.
        online: how it learns from answers that the model writes between the steps; None where the data have all that is learnt.
        whole: the sequences of an example are learnt in one group; of others as many as fit.
        weigh: (example) -> how much it counts in the loss of a step: its label tokens by their weights where it says nothing.
        charts: numbers over time that it adds.
        outcomes: what tells of its results instead of the validation loss; the first that was measured.
        validation: validation loss -> further numbers of the same check, by the key of a chart.
        refusals: (method) -> why they cannot work together.
        example: what one example is called, in the plural.
        own: settings whose default no method changes.
        writes: settings -> tokens of an answer that the model writes to an example; the limit of length holds both.
        search_lengths: limits of length that the search for plans tries; empty where the lengths of the rows decide.
        rates: by family of methods, the share of the method's learning rate (which is for imitating) that suits here; 1 where it
            says nothing.
        seen: (all training examples) -> what the loss must know of them, added to its settings.
        before_step: (how to read, examples of a step or a check, settings) -> the examples to learn from or to score, with notes.
    """

    key: str
    label: Text
    tagline: Text
    help: Text
    params: tuple[Param, ...]
    learns_from: frozenset[str]
    mask: Callable[[Values], Values]
    examples: Callable[[ChatTemplate, Values, LeftOut], ExampleMaker]
    counts: Callable[[LengthIndex, Values], Counts]
    loss: Callable[[ForwardPass, Sequence[Any], Values], GroupLoss]
    learn: Card
    family: Family = ANSWERS
    rare: bool = False
    views: Callable[[Row], Sequence[Row]] = lambda row: (row,)
    control: bool = False
    unfit: Mapping[str, str] = field(default_factory=dict)
    needs: Callable[[Values], Needs] = lambda _values: Needs()
    head: Head = ""
    online: Online | None = None
    whole: bool = False
    weigh: Callable[[Any], float] = lambda example: float(example.weight)
    charts: tuple[Chart, ...] = ()
    outcomes: tuple[Merit, ...] = ()
    validation: Callable[[float], Mapping[str, float]] = lambda _loss: {}
    refusals: Callable[[Method], Iterator[Refusal]] = lambda _method: iter(())
    example: Text = EXAMPLES
    own: frozenset[str] = frozenset()
    writes: Callable[[Mapping[str, Any]], int] = lambda _values: 0
    search_lengths: tuple[int, ...] = ()
    rates: Mapping[MethodFamily, float] = field(default_factory=dict)
    seen: Callable[[Sequence[Any]], Values] = lambda _examples: {}
    before_step: Callable[[SumsReader, Sequence[Any], Values], Sequence[Any]] | None = None

    def defaults_of(self, method: Method, parameters: int | None = None) -> Values:
        """What a method changes in the settings, on a base of so many parameters; its rate is that of this objective."""
        found = dict(defaults_for(method, parameters))
        if RATE in found:
            found[RATE] = float(f"{found[RATE] * self.rates.get(method.family, 1.0):.2g}")
        return found

    def params_of(self, method: Method, parameters: int | None = None) -> tuple[Param, ...]:
        """The settings as they are for a method, on a base of so many parameters."""
        return self.params_for(self.defaults_of(method, parameters))

    @property
    def makes_bundles(self) -> bool:
        """Whether its rows are more than a conversation or a text: plans measure the examples that it makes of them."""
        return bool(self.learns_from - {"chat", "text"})

    @property
    def talks(self) -> bool:
        """Whether the result answers in words; one that scores does not."""
        return self.head != "reward"

    def repeats(self, values: Values) -> int:
        """How many steps in a row the rows of a batch serve."""
        return 1 if self.online is None else self.online.passes(values)

    def params_for(self, defaults: Values) -> tuple[Param, ...]:
        """The settings with a method's own defaults."""
        taken = defaults.keys() - self.own
        return tuple(replace(p, default=defaults[p.key]) if p.key in taken else p for p in self.params)

    def unfit_fault(self, kind: str | None, name: str) -> CodedMessage | None:
        """Why a data set of that kind cannot be learnt from; None where it can.

        Args:
            kind: of the data set's rows; None while it was not imported.
            name: of the data set.
        """
        if kind is None or kind in self.learns_from:
            return None
        if kind in self.unfit:
            return {"code": self.unfit[kind], "params": {"name": name}}
        usable = listed([KINDS[one] for one in sorted(self.learns_from)]).as_dict()
        words = {"kind": KINDS[kind].as_dict(), "objective": self.label.as_dict(), "usable": usable}
        return {"code": "job.dataset_unfit", "params": {"name": name} | words}
