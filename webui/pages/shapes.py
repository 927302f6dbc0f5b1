"""What the views of the pages get beside what the services give."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage, Labelled, MachineView, Named, NameOfId
from engine.shapes.app import CostsOverview, FindingView, Lessons, TopicView
from engine.shapes.chat import ChatOptions, ChatSettings, ChatStatus, ListBounds, MessageView
from engine.shapes.data import DatasetBrief
from engine.shapes.jobs import Headline, JobBrief, JobNews, JobView, StatusName
from engine.shapes.models import BaseModelView, TunedBrief, TunedView
from engine.shapes.planning import DeviceChoice
from webui.draft_shapes import CompareDraft
from webui.form_shapes import ParamForm


class HomeJob(TypedDict):
    """A job on the start page."""

    id: int  # of its row
    name: str  # as the user called it
    kind: str  # key of its kind
    status: StatusName  # where it is in its life
    phase: str | None  # what it does now
    talks: bool  # what it makes answers in words; a reward model scores answers instead
    step: int  # done so far
    total_steps: int | None  # None until it is known
    fraction: float  # share that is done, 0 to 1
    seconds_left: float | None  # estimate
    train_loss: float | None  # of the latest steps
    val_loss: float | None  # at the latest check
    queue_place: int | None  # from 1
    stalled: bool  # its worker has not been heard of for long
    headline: Headline  # its state in one sentence
    tuned_id: int | None  # the tuned model that it made
    finished_at: float | None  # seconds since 1970
    started_at: float | None  # seconds since 1970
    error: CodedMessage | None  # why it failed
    dataset_name: str | None  # of its data
    base_model_name: str | None  # of its model
    spark: NotRequired[list[list[float]]]  # a few points of the training loss


class HomeOverview(TypedDict):
    """What runs and what was finished last."""

    running: list[HomeJob]  # with their losses
    finished: list[HomeJob]  # the newest first
    any: bool  # something was ever trained


class NamedJob(JobView):
    """A job with its method's name."""

    method_label: str  # for people
    objective_label: str  # for people; "" where it is the usual one, or the job trains nothing


class ListedJob(JobBrief):
    """A job in the list."""

    method_label: str  # for people
    objective_label: str  # for people; "" where it is the usual one, or the job trains nothing


class EndedJobs(TypedDict):
    """The newest jobs that ended."""

    count: int  # that there are in all
    rows: list[ListedJob]  # the newest first


class FeedCursors(TypedDict, total=False):
    """What a page has of a job."""

    attempt: int | None  # that it knows
    after_event: int  # id
    after_log: int  # id
    after_sample: int  # id
    after_metric: int  # id


class AdviceRow(TypedDict):
    """A setting that a failed job's error would change."""

    label: str  # of the setting
    value: str  # in words


class ChartRow(Named):
    """A number over time that an objective adds."""

    help: str  # what it says


class FigureLineRow(TypedDict):
    """One line of a figure."""

    metric: str  # name of its numbers
    look: str  # colour and stroke, by what it means
    label: str  # in the legend


class FigureLevelRow(TypedDict):
    """A level line that numbers are compared with."""

    value: float  # where it lies
    label: str  # what it means


class FigureRow(Named):
    """Numbers over time that are drawn together."""

    help: str  # what to look at
    section: str  # key of the heading that it stands under
    lines: list[FigureLineRow]  # in the order of the legend
    band: str  # metric that is drawn around the first line; "" for none
    each: str  # a line more for each metric that begins so; "" for none
    parts: dict[str, str]  # names for people of what follows that beginning
    level: FigureLevelRow | None  # what they are compared with
    large: bool  # it is what the job is about


class FigureSectionRow(Named):
    """A heading with figures below."""

    says: str  # in a line


class JobFigures(TypedDict):
    """How the numbers of an objective are drawn."""

    sections: list[FigureSectionRow]  # in their order
    figures: list[FigureRow]  # in their order


class NamedJobFeed(JobNews):
    """What is new about a job, with words."""

    job: NamedJob  # as it is now

    advice: list[AdviceRow]  # that its error proposes
    charts: list[ChartRow]  # of its objective
    figures: JobFigures  # that draw charts together


class SettingRow(TypedDict):
    """One setting of a job, for people."""

    group: Literal["method", "training", "budget"]  # under which it is shown
    label: str  # its name
    value: str  # in words
    changed: bool  # it is not the default
    main: bool  # where a beginner would look


class MachineFindings(MachineView):
    """The machine, with what was found on it."""

    findings: list[FindingView]  # in the order of areas


class LimitRow(TypedDict):
    """A setting of the program."""

    key: str  # of the setting
    variable: str  # of the environment
    value: str | int | float | bool | None  # in force


class ExportFormView(Named):
    """A form in which a model can be taken away."""

    help: str  # what it is
    stands_alone: bool  # it needs no base model beside it
    runs_in: list[str]  # places that it serves
    params: list[ParamForm]  # its settings


class NotOffered(TypedDict):
    """A form in which a model cannot be had."""

    label: str  # of the form
    reason: str  # why not
    instead: str  # what serves nearly the same; "" where nothing does


class ListedTuned(TunedBrief):
    """A tuned model in the list."""

    method_label: str  # for people


class ModelsList(TypedDict):
    """The list of tuned models."""

    count: int  # that there are in all
    rows: list[ListedTuned]  # the newest ones first


class NamedTuned(TunedView):
    """A tuned model with words and forms of export."""

    method_label: str  # for people
    objective_label: str  # for people
    not_offered: list[NotOffered]  # with reasons
    exports: list[ExportFormView]  # that are offered


class WantedForm(TypedDict):
    """A form that is to be made."""

    format: str  # key of the form
    params: dict[str, Any]  # values of its settings; what is missing has its default


class LearnValue(Lessons):
    """What the Learn page is placed with."""

    glossary: list[TopicView]  # all words


class LearnStart(CostsOverview):
    """Costs on the chosen model."""

    models: list[Labelled]  # to choose from
    model: str  # chosen


class ChatStart(TypedDict):
    """What the playground begins with."""

    options: ChatOptions  # who can answer
    status: ChatStatus  # of the process
    form: list[ParamForm]  # settings
    defaults: ChatSettings  # of the settings
    lists: ListBounds  # of a list of questions
    scorers: list[int]  # ids of the reward models
    outside: int  # servers elsewhere whose models may answer


class WantedList(TypedDict):
    """A list of questions as a form asks for it."""

    base_id: int  # base model
    sides: list[str]  # names of all that answer, in order
    settings: ChatSettings  # to answer with
    questions: list[str]  # in their order
    name: str  # what lists call it
    key: str  # of the form: the same key is the same list


class WantedBatch(TypedDict):
    """A prompt with variables and the rows that fill it, as a form asks for them."""

    base_id: int  # base model
    sides: list[str]  # names of all that answer, in order
    settings: ChatSettings  # to answer with
    template: str  # the prompt with its {{variables}}
    rows: list[dict[str, str]]  # values by name
    name: str  # what lists call it
    key: str  # of the form: the same key is the same list


class ChatFeed(TypedDict):
    """What is new in a conversation."""

    status: ChatStatus  # of the process
    messages: list[MessageView]  # of the newest turns


class ChatChanges(TypedDict, total=False):
    """What is to be changed of a conversation."""

    settings: ChatSettings  # those that are named
    sides: list[str]  # names of all that answer from now on, in order


class SavedRow(TypedDict):
    """An answer as a person leaves it for training."""

    question: str  # as it was left
    answer: str  # as it was left
    with_before: NotRequired[bool]  # earlier turns are part of it
    dataset: NotRequired[int | None]  # that it is meant for


class EntrantForm(Named):
    """Something that can take part in a comparison."""

    method: str  # key
    variant: str | None  # key
    tagline: str  # in one line
    recommended: bool  # to newcomers
    trains: bool  # anything at all
    params: list[ParamForm]  # that may be set for it alone
    rates: list[list[float]]  # learning rates: from so many parameters of the base on, this one
    objective: str | None  # key, where objectives are compared
    kinds: list[str]  # of data that it learns from
    always: bool  # takes part in each comparison of its kind: the others are held against it


class MetricColumn(Named):
    """A column of the leaderboard that says how good something is."""

    help: str  # what it says
    better: Literal["low", "high", ""]  # direction that is better; "" where neither is
    only: Literal["", "objectives"]  # kind of comparison that has it; "" for each
    loss: bool  # says nothing where objectives are compared
    style: str  # how its numbers are written
    decimals: int  # digits behind the point
    curve: str  # name of its numbers over time; "" where it has none


class CompareForms(TypedDict):
    """What the Compare page is placed with."""

    entrants: list[EntrantForm]  # that can be chosen
    shared: list[ParamForm]  # settings that are the same for all
    metrics: list[MetricColumn]  # columns


class CompareStart(TypedDict):
    """What the form of a comparison begins with."""

    draft: CompareDraft  # to go on with
    models: list[BaseModelView]  # all
    datasets: list[DatasetBrief]  # those that were imported
    devices: list[DeviceChoice]  # that are here
    reward_models: list[NameOfId]  # tuned models that score
    reward_key: str  # of the reward that asks one of them
    warnings: list[CodedMessage]  # what was wrong with the stored draft
