"""What the pages see of learning material, the first lesson, the hardware and the folders."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage, HolderView, Labelled, Named
from engine.shapes.models import PrepareProgress
from engine.shapes.plans import PlanView


class FindingView(CodedMessage):
    """What was found on the machine; texts `hardware.<code>` and `hardware.<code>.means`."""

    area: Literal["gpu", "cpu", "memory", "disk", "software"]  # under which it is listed
    level: Literal["good", "note", "off"]  # how it is marked


class ReserveView(TypedDict):
    """A device with what is left to other programs on it."""

    key: str  # "cpu" or "cuda:N"
    name: str  # what its maker calls it
    memory_mb: int  # that it has
    free_mb: int  # of that, now
    limit_mb: int  # that a job may use
    reserve_mb: int  # left to others
    usual_mb: int  # that is left to others unless it is set
    own: bool  # whether it is set
    display: bool  # whether a display hangs on it
    holders: list[HolderView]  # processes that hold some of it now, where they can be told


class FolderSize(TypedDict):
    """One folder of the home folder."""

    key: str  # its name
    bytes: int  # of its files


class DiskUse(TypedDict):
    """What lies in the home folder."""

    home: str  # its path
    database: int  # bytes of the database
    folders: list[FolderSize]  # each with its size
    total: int  # bytes of all


class CapabilityView(Named):
    """Something that a method can or cannot do."""

    can: bool  # whether it can
    reason: str | None  # why not


class VariantCard(TypedDict):
    """A named variant of a method."""

    label: str  # its name
    tagline: str  # in one line
    paper: str  # where it is from


class MethodLesson(TypedDict):
    """What is to be learnt of a method."""

    what: str  # it is
    trains: str  # which numbers
    frozen: str  # which not
    when: str  # to choose it
    when_not: str  # to choose it
    strengths: list[str]  # of it
    weaknesses: list[str]  # of it
    paper: str  # where it is from
    formula: str  # of what it does


class MethodCard(Named):
    """One method on the Learn page."""

    family: str  # key of its family
    tagline: str  # in one line
    recommended: bool  # to newcomers
    trains: bool  # anything at all
    saves: str  # what its result is
    source: str  # of its number of parameters
    capabilities: list[CapabilityView]  # what it can do
    variants: list[VariantCard]  # of it
    notes: list[str]  # further ones
    learn: MethodLesson | None  # None while it is not written


class ObjectiveCard(Named):
    """One objective on the Learn page."""

    what: str  # it is
    data: str  # that it needs
    when: str  # to choose it
    when_not: str  # to choose it
    tagline: str  # in one line
    family: str  # key of what it learns from
    learns_from: list[str]  # kinds of data, in words
    loss: str  # formula
    paper: str  # where it is from


class Lessons(TypedDict):
    """Everything of the Learn page that depends on no model."""

    methods: list[MethodCard]  # in their order
    families: list[Named]  # of methods
    objectives: list[ObjectiveCard]  # in their order
    sources: list[Named]  # what can be learnt from
    goals: list[Labelled]  # of the guide


class MethodNumbers(TypedDict):
    """What a method costs on a model at its defaults; only `refused` where it does not work."""

    refused: CodedMessage | None  # why it does not work
    trained: NotRequired[int]  # numbers that are trained
    share: NotRequired[float]  # of all parameters
    changed: NotRequired[int]  # numbers of the base that change
    rank: NotRequired[int | None]  # of that change
    bytes: NotRequired[float]  # of the result
    memory_mb: NotRequired[int]  # of training, at the peak


class LearnDevice(TypedDict):
    """The device that costs are shown for."""

    key: str  # of it
    name: str  # of it
    place: str  # "RAM" or the like, in words
    memory_mb: int  # that it has


class AdviceView(TypedDict):
    """A method for the guide's answers."""

    method: str  # its key
    label: str  # its name
    reason: str  # why
    memory_mb: int  # that it takes


class AnsweredGuide(TypedDict):
    """An example of the guide's answers, with its advice."""

    memory_gb: float  # that training may take
    examples: int  # rows to train on
    goal: str  # what should be trained
    advice: list[AdviceView]  # the best first


class CostsOverview(TypedDict):
    """Costs of all methods on one model."""

    parameters: int  # of the model
    device: LearnDevice  # that they are for
    tokens: int  # of an example
    numbers: dict[str, MethodNumbers]  # by method
    examples: list[AnsweredGuide]  # of the guide


class MethodCost(TypedDict):
    """What a method would cost for a form as it is filled in; only `fault` where it cannot be told."""

    fault: NotRequired[CodedMessage]  # why it cannot be told
    memory_mb: NotRequired[int]  # at the peak
    trained: NotRequired[int]  # numbers that are trained
    bytes: NotRequired[int]  # of the result
    ok: NotRequired[bool]  # it fits


class LinkView(TypedDict):
    """Where a term is from."""

    title: str  # of the paper or document
    url: str  # its address


class TermView(TypedDict):
    """A word of the glossary."""

    key: str  # its anchor
    name: str  # the word
    english: str | None  # the word in English, where the page is in another language
    meaning: str  # in plain sentences
    source: LinkView | None  # where it is from


class TopicView(TypedDict):
    """Words that belong together."""

    key: str  # of the topic
    title: str  # its heading
    terms: list[TermView]  # in their order


class LessonDataset(TypedDict):
    """The data set of the first lesson."""

    id: int  # of its row
    name: str  # of it
    train_rows: int  # to learn from
    val_rows: int  # held out


class LessonRow(TypedDict):
    """A question with its answer."""

    question: str  # asked
    answer: str  # to be learnt


class LessonModel(TypedDict):
    """The model of the first lesson."""

    id: int  # of its row
    name: str  # of it
    status: Literal["preparing", "known", "ready", "failed"]  # whether it can be used
    error: CodedMessage | None  # why it failed
    progress: PrepareProgress | None  # while it is prepared


class LessonView(TypedDict):
    """What the first lesson teaches, how, and what it costs."""

    dataset: LessonDataset  # that is learnt
    rows: list[LessonRow]  # some of it
    model: LessonModel  # that learns
    method: str  # key of the method
    rank: Any  # value of that setting
    epochs: Any  # value of that setting
    plan: PlanView | None  # None while the model is not ready
