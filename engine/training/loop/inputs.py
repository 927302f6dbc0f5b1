"""What a training job names, read and checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.data.rows.store import read_rows, rows_of
from engine.data.rows.training_rows import training_rows
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.data.thoughts.wish import EMPTY
from engine.devices import device_of, kind_of, precision_for
from engine.evaluation import sampling
from engine.evaluation.answers import held_out_questions
from engine.jobs.reporter import Reporter
from engine.jobs.spec import JobSpec
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.models.architecture.shape import shape_of
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.objectives import objective_of
from engine.objectives.shared_params import as_trained
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.of_spec import workload_of_spec
from engine.planner.memory.workload import Workload
from engine.planner.scorers import scorer_bytes
from engine.services.planning.reserve import reserved
from engine.training.batches.counted import counts_of
from engine.training.batches.examples import Examples, load_examples
from engine.training.batches.kept_examples import kept_examples
from engine.training.loop.start import Start, read_start
from storage.queries.base_models import get_model
from storage.queries.inputs import get_dataset
from storage.tables import Dataset, LanguageModel


@dataclass(frozen=True)
class Inputs:
    """Everything that a job names."""

    spec: JobSpec  # settings of the job
    method: Method  # that it trains with
    base: LanguageModel  # row of the base model
    weights: Path  # folder of the base's weights, which are still those that were added
    dataset: Dataset  # row of the data set
    device: Device  # that it runs on
    precision: Precision  # of the computations
    template: ChatTemplate  # of the base, with its tokenizer
    examples: Examples  # rows as tokens
    prompts: list[sampling.Prompt]  # answered at each check
    questions: list[sampling.Prompt]  # those that are scored
    start: Start | None = None  # the tuned model that it goes on with
    scorers: float = 0.0  # bytes of the models that score its answers


Rows = Callable[[Path], Iterable[Mapping[str, Any]]]


def read_inputs(ctx: Context, spec: JobSpec, reporter: Reporter, rows_from: Rows = training_rows) -> Inputs:
    """Read what a job names.

    Args:
        rows_from: which rows of the data set's file become examples; all but those of "test" where it is not given.

    Raises:
        Fault: "job.model_gone", "job.dataset_gone", what makes the rows useless, or how the base's weights changed.
        Cancelled, StoppedEarly: while the weights are hashed and the rows are read.
    """
    reporter.phase("reading")
    base, dataset = _named_rows(ctx, spec)
    weights = intact_weights(ctx.settings, base, on_bytes=lambda _count: reporter.heed())
    start = read_start(ctx, spec, lambda _count: reporter.heed())
    with ctx.db.read() as s:
        device = reserved(s, device_of(spec.budget.device))
        scorers = scorer_bytes(s, spec.training, precision_for(device))
    kind_of(device).reserve(device)
    tokenizer = tokenizer_folder(ctx.settings, base)
    template = as_trained(open_template(tokenizer, base.name), spec.training)
    path = rows_file(ctx, spec, dataset)
    longest = min(spec.training["max_length"], base.context_length or spec.training["max_length"])
    examples = _examples(ctx, spec, reporter, path, rows_from, template, tokenizer, longest)
    return Inputs(
        spec,
        method_of(spec.method),
        base,
        weights,
        dataset,
        device,
        precision_for(device),
        template,
        examples,
        _sample_prompts(spec, path, template),
        held_out_questions(read_rows(path, "val"), template, int(spec.training.get("scored_answers", 0))),
        start,
        scorers,
    )


def _named_rows(ctx: Context, spec: JobSpec) -> tuple[LanguageModel, Dataset]:
    with ctx.db.read() as s:
        base, dataset = get_model(s, spec.base_model), get_dataset(s, spec.dataset)
    if base is None:
        raise Fault("job.model_gone")
    if dataset is None or dataset.rows_path is None:
        raise Fault("job.dataset_gone")
    return base, dataset


def _examples(
    ctx: Context,
    spec: JobSpec,
    reporter: Reporter,
    path: Path,
    rows_from: Rows,
    template: ChatTemplate,
    tokenizer: Path,
    longest: int,
) -> Examples:
    """The rows as tokens; kept from an earlier attempt where they are made of the same."""
    limits = {**spec.training, "max_length": longest}
    folder = ctx.settings.home / "jobs" / str(reporter.job_id) / "examples"
    made_of = {
        "rows": path.name,
        "from": rows_from.__qualname__,
        "objective": spec.objective,
        "limits": limits,
        "tokenizer": (tokenizer / "tokenizer.json").stat().st_mtime_ns,
    }
    objective = objective_of(spec.objective)
    examples, known = kept_examples(
        folder,
        made_of,
        lambda: load_examples(_heeding(rows_from(path), reporter), template, objective, limits, folder),
    )
    if not known:
        _tell_left_out(examples, template, reporter)
    return examples


def _sample_prompts(spec: JobSpec, path: Path, template: ChatTemplate) -> list[sampling.Prompt]:
    if not (spec.training["evaluations"] and objective_of(spec.objective).talks):
        return []
    rows = chain(read_rows(path, "val"), read_rows(path, "train"))
    return sampling.fixed_prompts(spec.sample_prompts, rows, template)


def _heeding(rows: Iterable[Mapping[str, Any]], reporter: Reporter) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        reporter.heed()
        yield row


def rows_file(ctx: Context, spec: JobSpec, dataset: Dataset) -> Path:
    """The rows that the job reads. Raises Fault("job.dataset_gone")."""
    return _rows_path(ctx.settings.absolute(str(dataset.rows_path)), spec, dataset)


def _rows_path(now: Path, spec: JobSpec, dataset: Dataset) -> Path:
    """The rows as they were when the job was started, whatever was imported since."""
    same = not spec.dataset_hash or spec.dataset_hash == dataset.content_hash
    path = now if same else rows_of(now, spec.dataset_hash)
    if not path.is_file():
        raise Fault("job.dataset_gone")
    return path


def _tell_left_out(examples: Examples, template: ChatTemplate, reporter: Reporter) -> None:
    if template.thinking == EMPTY and not template.knows_thinking:
        reporter.event("warning", "no_empty_thought")
    for name, count in examples.counts.items():
        if count:
            level = "info" if name == "added_ends" else "warning"
            said: dict[str, Any] = {"reason": examples.refusals.get(name, "-"), "token": template.end_text}
            reporter.event(level, f"rows_{name}", count=count, **said)


def workload_of(inputs: Inputs, measured: tuple[MemoryRecord, ...] = ()) -> Workload:
    """How many tokens at a time, and whether to recompute activations, within the budget's memory.

    Args:
        measured: what this machine measured of jobs with the same model, as the plan has it.
    """
    shape = shape_of(inputs.base.config, inputs.base.parameters)
    train = counts_of(inputs.examples.train, inputs.spec)
    return workload_of_spec(inputs.spec, shape, inputs.device, train, measured, scorers=inputs.scorers)
