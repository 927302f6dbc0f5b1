"""What the pages see of jobs."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage, NameOfId, Said

StatusName = Literal[
    "queued", "starting", "running", "stopping", "succeeded", "stopped", "cancelled", "failed", "interrupted"
]
JobRequest = Literal["stop", "cancel"]
Tone = Literal["good", "warn"]


class Headline(CodedMessage):
    """A job's state in one plain sentence: text `headline.<code>`, or its own words."""

    text: NotRequired[Said]  # the sentence, where the job's kind declares it
    tone: NotRequired[Tone]  # good news or not, where it tells of a number that can get better or worse


class JobCan(TypedDict):
    """What may be done with a job now."""

    stop: bool  # save and end
    cancel: bool  # end without saving
    resume: bool  # go on from the last checkpoint
    move_up: bool  # to an earlier place in the queue
    move_down: bool  # to a later place in the queue
    delete: bool  # hide it and free its disk


class WeightsComing(TypedDict):
    """A download that a job waits for."""

    job: int  # that fetches
    done_mb: int  # that are here
    total_mb: int  # of all; 0 where that is not known yet


class OutcomeView(TypedDict):
    """What held-out rows say of a result better than their loss; more is better."""

    metric: str  # name of the number over time
    label: Said  # what it says
    share: bool  # it is a share
    first: float  # before training
    last: float  # of the weights that are the model


class JobBrief(TypedDict):
    """A job as lists show it."""

    id: int  # of its row
    name: str  # as the user called it
    tags: list[str]  # of the user's
    note: str  # of the user's
    kind: str  # key of its kind
    status: StatusName  # where it is in its life
    phase: str | None  # what it does now
    lane: str  # the device or queue that it waits for
    step: int  # done so far
    total_steps: int | None  # None until it is known
    seconds_left: float | None  # estimate of the worker, of all that is still to come
    seconds: float | None  # that it ran, all attempts together, without waiting; None before it has ended
    train_loss: float | None  # of the latest steps, in nats a label
    val_loss: float | None  # of the held-out rows at the latest check
    method: str | None  # key of its method, where it has one
    objective: str | None  # key of what it optimises, where it trains
    talks: bool  # what it makes answers in words; a reward model scores answers instead
    by_reward: bool  # it learns from what answers get: its losses tell nothing
    reward: float | None  # of the validation prompts' answers at the latest check, where it learns by that
    dataset_id: int | None  # data set that it is about
    base_model_id: int | None  # base model that it is about
    created_at: float  # seconds since 1970
    started_at: float | None  # seconds since 1970
    finished_at: float | None  # seconds since 1970
    attempt: int  # how often it was claimed
    error: CodedMessage | None  # why it failed
    request: JobRequest | None  # what the user asked for
    parent_id: int | None  # the job that it came from
    title: Said  # what lists call its kind
    phase_label: Said | None  # the phase in words
    trains: bool  # whether it learns something
    listed: bool  # whether lists show it
    gives_file: bool  # whether there is a file to save
    shown_at: tuple[str, str] | None  # page, and the name in its address for the job's id, that shows what it makes
    fraction: float  # share that is done, 0 to 1
    dataset_name: str | None  # deleted ones have a name as well
    base_model_name: str | None  # deleted ones have a name as well
    queue_place: int | None  # from 1; None when it does not wait
    waits_for: WeightsComing | None  # the download of its base model, while it waits for that
    awaits: StageAwaited | None  # the job of its recipe that it waits for
    stage: StagePlace | None  # which job of a recipe it is
    stalled: bool  # its worker has not been heard of for long
    checkpoint_step: int | None  # step of the last checkpoint
    can: JobCan  # what may be done with it
    inputs_there: bool  # neither its model nor its data set was removed
    tuned_id: int | None  # the tuned model that it made
    comparison_id: int | None  # the comparison that it belongs to


class StageAwaited(TypedDict):
    """The job of a recipe that another one waits for."""

    job: int  # id
    name: str  # of it
    status: str  # of it
    held: bool  # it ended without a result: nothing comes while nobody goes on with it


class StagePlace(TypedDict):
    """Which job of a recipe it is."""

    run: int  # id of the run
    recipe: str  # key
    stage: str  # key
    place: int  # from 1
    of: int  # so many


class JobWish(TypedDict, total=False):
    """What a list of jobs is narrowed to; what is missing or empty narrows nothing."""

    text: str  # words in name, tags, note, model or data
    state: str  # one of the facets' states
    kind: str  # key
    tag: str  # whole
    model: str  # id of the base model
    data: str  # id of the data set
    days: str  # one of the facets' days


class KindFacet(TypedDict):
    """A kind of job that is in the list."""

    key: str  # of the kind
    title: Said  # its name


class JobFacets(TypedDict):
    """What the list of jobs can be narrowed by."""

    states: list[str]  # text `jobs.filter.state.<one>`
    days: list[str]  # text `jobs.filter.days.<one>`
    tags: list[str]  # that jobs have
    kinds: list[KindFacet]  # of jobs
    models: list[NameOfId]  # base models of jobs
    data: list[NameOfId]  # data sets of jobs


class JobState(JobBrief):
    """A job without its headline."""

    result: dict[str, Any]  # numbers of its end, by kind
    spec: dict[str, Any]  # all that its worker reads


class JobView(JobState):
    """One job as the pages see it."""

    headline: Headline  # its state in one sentence
    outcome: OutcomeView | None  # what tells of its result better than a loss, so far
    starts_from: str | None  # name of the tuned model that it goes on with; None where it begins with the base
    resume_advice: CodedMessage | None  # what resuming it would do, where it may be: text `resume.<code>`
    resuming_helps: bool  # whether that is what to do


class JobEventView(TypedDict):
    """Something that happened to a job."""

    id: int  # of its row
    at: float  # seconds since 1970
    kind: Literal["status", "info", "warning", "error"]  # how it is shown
    code: str  # of its text; of "status" the new status
    params: dict[str, Any]  # values of the text
    step: int | None  # of the job when it happened
    attempt: int  # in which it happened


class JobLogLine(TypedDict):
    """One line of a job's log."""

    id: int  # of its row
    at: float  # seconds since 1970
    level: str  # of the log
    text: str  # as it was written


class JobSample(TypedDict):
    """An answer to a sample question at one step."""

    id: int  # of its row
    step: int  # of the job
    prompt_index: int  # place of the question
    prompt: str  # the question
    expected: str | None  # the answer of the data set
    answer: str  # the model's


class JobCheckpoint(TypedDict):
    """A complete checkpoint."""

    id: int  # of its row
    step: int  # of the job
    bytes: int  # on disk
    created_at: float  # seconds since 1970
    metrics: dict[str, Any]  # numbers at that step
    attempt: int  # in which it was written


class PromisedItem(TypedDict):
    """One line of the memory that was promised."""

    key: str  # of the text `plan.memory.<key>`
    mb: float  # megabytes


class PromisedPlan(TypedDict):
    """What was promised when a job started."""

    need_mb: float  # memory that it would need
    limit_mb: float  # memory that it may use
    items: list[PromisedItem]  # of that memory
    seconds: float | None  # how long it would take


class JobCursors(TypedDict):
    """The newest things that a page has of a job."""

    event: int  # id of the last event
    log: int  # id of the last line
    sample: int  # id of the last sample
    metric: int  # id of the last number


class JobNews(TypedDict):
    """What was written about a job since the page last asked."""

    reset: bool  # another attempt has begun: forget what was known
    events: list[JobEventView]  # new ones
    logs: list[JobLogLine]  # new ones
    samples: list[JobSample]  # new ones
    checkpoints: list[JobCheckpoint]  # all
    plan: PromisedPlan | None  # None before the start
    metrics: dict[str, list[list[float]]]  # new points [step, value] by name
    cursors: JobCursors  # to ask with next time


class JobFeed(JobNews):
    """What is new about a job since the page last asked."""

    job: JobView  # as it is now


TypedNumber = (
    float | str | None
)  # of a form, as it was typed: what is no number, or beyond the field's range, is told at the field


class RawBudget(TypedDict, total=False):
    """Hardware that a job may use, as a form has it; what is not there is the machine's."""

    device: str  # "auto", or key of a device
    memory_mb: TypedNumber  # most memory
    minutes: TypedNumber  # most time
    disk_mb: TypedNumber  # most disk space
    goal: str  # how plans are ranked


class RawJob(TypedDict, total=False):
    """Settings of a training job as a form has them, not checked yet."""

    version: int  # of this form
    name: str  # what the user calls it
    objective: str  # key
    base_model: int | None  # id
    dataset: int | None  # id
    method: str  # key
    method_params: dict[str, Any]  # values of the method's settings
    training: dict[str, Any]  # values of the settings of training
    budget: RawBudget  # hardware that it may use
    sample_prompts: list[str]  # questions to ask while it trains
