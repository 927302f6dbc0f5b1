"""A job's settings as a YAML file that means the same on another machine, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.core.characters import whole
from engine.core.conforming import shown
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.shapes import CodedMessage, Faults
from engine.jobs.kinds import known_kind
from engine.jobs.lanes import lane_for
from engine.jobs.spec import SPEC_VERSION, in_todays_form, spec_alone, unknown_keys, unknown_objective
from engine.models.base.paths import known_elsewhere
from engine.planner.budget.catalogue import is_planned_only
from storage.job_tables import Job
from storage.queries import base_models, inputs, tuned_models
from storage.queries.jobs import get_job
from storage.tables import Dataset, LanguageModel, TunedModel

_FORMAT = "tunesmith-job"
_LONGEST_FILE = 200_000
_DEEPEST = 8
_LONGEST_NUMBER = 4096  # bits: a whole number of more cannot be written with its digits quickly
Warnings = list[CodedMessage]  # what could not be taken over: [{code, params}]
_MARKS = ("format", "version", "base_model", "dataset", "starts_from")
_KEPT = ("name", "objective", "method", "method_params", "training", "budget", "sample_prompts")


def spec_yaml(ctx: Context, job_id: int) -> str:
    """The settings of a job as a file: model and data set by origin, content and name instead of our ids. Raises NotFound."""
    with ctx.db.read() as s:
        job = _job(s, job_id)
        model = s.get(LanguageModel, job.base_model_id)
        dataset = s.get(Dataset, job.dataset_id)
        start = s.get(TunedModel, job.spec.get("starts_from") or 0)
    return _written(job.spec, model, dataset, start)


def draft_yaml(ctx: Context, raw: Mapping[str, Any]) -> str:
    """The same file of settings that were not started yet; what is not chosen is left empty."""
    with ctx.db.read() as s:
        model = base_models.get_model(s, int(raw.get("base_model") or 0))
        dataset = inputs.get_dataset(s, int(raw.get("dataset") or 0))
        start = tuned_models.get_tuned(s, int(raw.get("starts_from") or 0))
    return _written(raw, model, dataset, start)


def _written(
    spec: Mapping[str, Any], model: LanguageModel | None, dataset: Dataset | None, start: TunedModel | None
) -> str:
    import yaml

    spec = in_todays_form(spec)
    content = {"format": _FORMAT, "version": SPEC_VERSION}
    content |= {key: spec[key] for key in _KEPT if key in spec}
    content["base_model"] = _model_mark(model)
    rows = spec.get("dataset_hash") or (dataset and dataset.content_hash)
    content["dataset"] = {"name": dataset.name, "content_hash": rows} if dataset else {}
    if start is not None:
        content["starts_from"] = {"name": start.name, "weights_hash": spec.get("start_hash") or start.weights_hash}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _job(s: Session, job_id: int) -> Job:
    job = get_job(s, job_id)
    if job is None or not known_kind(job.kind).trains:
        raise NotFound(job=job_id)
    return job


def _model_mark(model: LanguageModel | None) -> dict[str, Any]:
    if model is None:
        return {}
    mark = {"name": model.name, "source": model.source, "weights_hash": model.weights_hash}
    return mark | {"ref": model.ref} if known_elsewhere(model) else mark


def draft_from_job(ctx: Context, job_id: int) -> tuple[dict[str, Any], Warnings]:
    """The raw form of an old job's settings, for the wizard, with warnings; what is gone by now is left empty. Raises NotFound."""
    with ctx.db.read() as s:
        job = _job(s, job_id)
        draft: dict[str, Any] = {**in_todays_form(spec_alone(job.spec)), "dataset_hash": ""}
        warnings: Warnings = []
        model = base_models.get_model(s, job.base_model_id or 0)
        dataset = inputs.get_dataset(s, job.dataset_id or 0)
        _fill(draft, warnings, "base_model", model, (s.get(LanguageModel, job.base_model_id) or job).name)
        _fill(draft, warnings, "dataset", dataset, (s.get(Dataset, job.dataset_id) or job).name)
        if began := draft.get("starts_from"):
            kept = s.get(TunedModel, began)
            _start_from(draft, warnings, tuned_models.get_tuned(s, began), kept.name if kept else str(began))
    return _with_device(draft, warnings), warnings


def draft_from_yaml(ctx: Context, text: str) -> tuple[dict[str, Any], Warnings]:
    """The raw form for the wizard, with warnings; what this machine does not have is left empty.

    Raises:
        Fault: "spec.file_broken" (with the line), "spec.file_other", "spec.file_value" or "spec.newer".
        SpecError: with every key that no setting has, and an objective that this version does not have.
    """
    content = _read(text)
    kept = {key: content[key] for key in (*_KEPT, "version") if content.get(key) is not None}
    draft = dict(in_todays_form(kept))
    warnings: Warnings = []
    model_mark, dataset_mark = _mark(content, "base_model"), _mark(content, "dataset")
    with ctx.db.read() as s:
        model, dataset = _find_model(s, model_mark), _find_dataset(s, dataset_mark)
        start_mark = _mark(content, "starts_from")
        start = tuned_models.find_tuned(s, str(start_mark.get("weights_hash") or "")) if start_mark else None
    if start_mark:
        _start_from(draft, warnings, start, str(start_mark.get("name") or "?"))
    _fill(draft, warnings, "base_model", model, str(model_mark.get("name") or "?"))
    _fill(draft, warnings, "dataset", dataset, str(dataset_mark.get("name") or "?"))
    wanted = dataset_mark.get("content_hash")
    if dataset and wanted and dataset.content_hash != wanted:
        warnings.append({"code": "spec.other_content", "params": {"name": dataset.name}})
    return _with_device(draft, warnings), warnings


def _read(text: str) -> dict[str, Any]:
    import yaml

    if len(text) > _LONGEST_FILE:
        raise Fault("spec.file_other")
    try:
        _refuse_bombs(yaml.parse(text, Loader=yaml.SafeLoader))
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Fault("spec.file_broken", line=mark.line + 1 if mark else 1) from None
    except ValueError:
        raise Fault("spec.file_other") from None
    content = _plain(content)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise Fault("spec.file_other")
    version = content.get("version")
    if type(version) is int and version > SPEC_VERSION:
        raise Fault("spec.newer", version=shown(version), known=SPEC_VERSION)
    objective = {} if content.get("objective") is None else unknown_objective(str(content["objective"]))
    if faults := unknown_keys(content, (*_MARKS, *_KEPT)) | objective | _misshapen(content):
        raise SpecError(faults)
    return content


def _misshapen(content: Mapping[str, Any]) -> Faults:
    """What is of another kind than its place: a list where settings are meant."""
    found: dict[str, tuple[str, Any]] = {}
    if type(content.get("version")) is not int:
        found["version"] = (
            "param.missing" if content.get("version") is None else "param.not_whole",
            content.get("version"),
        )
    for key in ("method_params", "training", "budget"):
        if not isinstance(content.get(key) or {}, dict):
            found[key] = ("param.not_values", content[key])
    prompts = content.get("sample_prompts") or []
    if not isinstance(prompts, list):
        found["sample_prompts"], prompts = ("param.not_list", prompts), []
    texts = [("name", content.get("name")), *(("sample_prompts", one) for one in prompts)]
    found |= {key: ("param.not_text", one) for key, one in texts if isinstance(one, list | dict)}
    return {key: {"code": code, "params": {"value": shown(value)}} for key, (code, value) in found.items()}


def _plain(value: Any, place: str = "") -> Any:
    """What YAML read, as JSON can hold it: dates and numbers that are not finite as the texts that they were. Raises Fault."""
    if isinstance(value, dict):
        return {whole(str(key)): _plain(one, shown(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, place) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str | date):  # a time is a date, too
        return whole(str(value))
    if value is None or isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= _LONGEST_NUMBER):
        return value
    raise Fault("spec.file_value", place=place)


def _refuse_bombs(events: Iterable[Any]) -> None:
    """Aliases and deep nesting, of which our own files have none, can fill memory and time from a few lines."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
            raise Fault("spec.file_other")


def _mark(content: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    mark = content.get(field)
    return mark if isinstance(mark, Mapping) else {}


def _find_model(s: Session, mark: Mapping[str, Any]) -> LanguageModel | None:
    if (wanted := mark.get("weights_hash")) and (model := base_models.find_model_by_hash(s, str(wanted))):
        return model
    if mark.get("ref") and (model := base_models.find_model(s, source=str(mark.get("source")), ref=str(mark["ref"]))):
        return model
    return base_models.find_model_by_name(s, str(mark.get("name") or ""))


def _find_dataset(s: Session, mark: Mapping[str, Any]) -> Dataset | None:
    wanted, name = mark.get("content_hash"), mark.get("name")
    found = inputs.find_dataset(s, content_hash=str(wanted)) if wanted else None
    return found or inputs.find_dataset(s, name=str(name or ""))


def _fill(
    draft: dict[str, Any], warnings: Warnings, field: str, row: LanguageModel | Dataset | None, name: str
) -> None:
    draft[field] = row.id if row else None
    if row is None:
        warnings.append({"code": f"spec.{field}_not_here", "params": {"name": name}})


def _start_from(draft: dict[str, Any], warnings: Warnings, tuned: TunedModel | None, name: str) -> None:
    draft |= {"starts_from": tuned.id if tuned else None, "start_hash": ""}
    if tuned is None:
        warnings.append({"code": "spec.starts_from_not_here", "params": {"name": name}})


def _with_device(draft: dict[str, Any], warnings: Warnings) -> dict[str, Any]:
    budget = dict(draft.get("budget") or {})
    try:
        lane_for(str(budget.get("device") or "auto"))
    except Fault:
        if not is_planned_only(str(budget["device"])):
            warnings.append({"code": "spec.device_not_here", "params": {"device": str(budget["device"])}})
            budget["device"] = "auto"
    return draft | {"budget": budget}
