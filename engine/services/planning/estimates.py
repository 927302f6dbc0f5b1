"""What a job will cost and see before it starts: devices, the plan, and the exact tokens of a few examples."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine.core import hardware
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.hardware import Device
from engine.core.shapes import CodedMessage, MachineView
from engine.data.rows.store import read_rows
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.preview import example_tokens
from engine.devices import devices as devices_here
from engine.devices import kind_of, precision_for
from engine.jobs.spec import JobSpec, make_unnamed
from engine.methods import method_of
from engine.models.base.paths import token_rows_of, tokenizer_folder
from engine.objectives import objective_of
from engine.objectives.shared_params import as_trained
from engine.planner.memory.occupied import Own
from engine.planner.memory.ram import ram_beside
from engine.planner.plan_estimate import PlanCase, estimate, incomplete
from engine.planner.refusals import planned_device, refusals, unteachable
from engine.planner.scorers import scorer_bytes
from engine.planner.time.corrections import MODEL_VERSION, Source, ThroughputRecord, machine_of
from engine.planner.time.length_cache import lengths_of
from engine.planner.vocabulary import faults_of
from engine.services.jobs.going_on import gone_start, misfitting_start, with_start
from engine.services.planning.measured import memory_of
from engine.services.planning.own_memory import own_memory
from engine.services.planning.reserve import reserved
from engine.services.planning.sizes import size_of_base
from engine.shapes.planning import DeviceChoice
from engine.shapes.plans import PlanView
from engine.shapes.rows import ExampleTokens
from storage.queries import base_models, inputs
from storage.queries.corrections import corrections_of
from storage.tables import Dataset, LanguageModel


def devices(ctx: Context) -> list[DeviceChoice]:
    """What can train here: {key, name, memory_mb, free_mb, bf16, usable, icon, notes: [{code, params}]}, GPUs first."""
    return [_device_view(device) for device in devices_here()]


def _device_view(device: Device) -> DeviceChoice:
    precision = precision_for(device)
    notes: list[CodedMessage] = [{"code": precision.code, "params": precision.params}]
    if not device.usable:
        notes.append({"code": "device.no_cuda_build", "params": {}})
    return {
        "key": device.key,
        "name": device.name,
        "memory_mb": device.memory_mb,
        "free_mb": device.free_mb,
        "bf16": device.bf16,
        "usable": device.usable,
        "notes": notes,
        "icon": kind_of(device).icon,
    }


def machine(ctx: Context) -> MachineView:
    """The whole machine: {cpu, cores, ram_mb, ram_free_mb, disk_mb, disk_free_mb, gpus, driver, torch_cuda ...}."""
    return hardware.machine(ctx.settings.home)


def plan(ctx: Context, raw_spec: Mapping[str, Any]) -> PlanView:
    """Memory, steps, time and disk of a job, and whether it fits. Without a model or data it says what is missing.

    Returns:
        {device, precision, memory: {items: [{key, mb}], total_mb, limit_mb}, trainable, reach, rows, tokens_per_epoch,
        trained_tokens, steps, seconds, time: {seconds, low, high, tokens_per_s, source, measured_at, parts: [{key,
        seconds}]}, truncated, dropped, recompute, exact, disk_mb, disk: {items: [{key, mb}], total_mb, free_mb, export_mb},
        verdict: {code, params, ok, change}, warnings: [{code, params}]}.
        Texts are at `plan.<code>` and `plan.memory.<key>`; `verdict.change` has the fields and values that would fit.

    Raises:
        SpecError: when settings are wrong, or what they ask for cannot work on this model, by field.
        Fault: when the model's files or its device are not there.
    """
    raw_spec = with_start(ctx, raw_spec)
    missing = [key for key in ("base_model", "dataset", "method") if not raw_spec.get(key)]
    if missing:
        return incomplete(missing)
    spec = make_unnamed(raw_spec, size_of_base(ctx, raw_spec))
    with ctx.db.read() as s:
        if faults := gone_start(s, spec) or misfitting_start(ctx.settings, s, spec):
            raise SpecError(faults)
    case = case_of(ctx, spec)
    if faults := refusals(spec, case.model, case.dataset.train_rows):
        raise SpecError(faults)
    return estimate(case)


def case_of(ctx: Context, spec: JobSpec) -> PlanCase:
    """A spec with its model, data, device and what is known of like jobs. Raises Fault, NotFound or SpecError."""
    model, dataset = _inputs(ctx, spec)
    device = planned_device(spec.budget.device)
    table = lengths_of(ctx.settings, model, dataset, spec)
    if faults := faults_of(token_rows_of(ctx.settings, model), table, model):
        raise SpecError(faults)
    with ctx.db.read() as s:
        device = reserved(s, device)
        throughput = throughput_of(s, device, spec.base_model)
        memory = memory_of(s, device, spec.base_model)
        scorers = scorer_bytes(s, spec.training, precision_for(device))
    _total, free = hardware.disk(ctx.settings.home)
    ram_mb, own = ram_beside(device), partial(_own, ctx, device)
    return PlanCase(
        spec, model, dataset, device, table, throughput, free, memory=memory, own=own, ram_mb=ram_mb, scorers=scorers
    )


def _own(ctx: Context, device: Device) -> Own:
    with ctx.db.read() as s:
        return own_memory(s, device)


def throughput_of(s: Session, device: Device, base_model_id: int) -> dict[str, list[ThroughputRecord]]:
    """What this machine measured with a model, by method: on request, or in jobs that finished."""
    found: dict[str, list[ThroughputRecord]] = {}
    for row in corrections_of(s, machine_of(device), device.key, base_model_id, MODEL_VERSION):
        source: Source = "probe" if row.source == "probe" else "past"
        settings = {**row.settings, "method": row.method}
        found.setdefault(row.method, []).append(ThroughputRecord(source, row.created_at, row.speeds, settings))
    return found


def _inputs(ctx: Context, spec: JobSpec) -> tuple[LanguageModel, Dataset]:
    with ctx.db.read() as s:
        model, dataset = base_models.get_model(s, spec.base_model), inputs.get_dataset(s, spec.dataset)
    if model is None or dataset is None:
        raise NotFound()
    if dataset.status != "ready":
        raise Fault("job.dataset_not_ready", name=dataset.name)
    if wrong := unteachable(spec, dataset):
        raise SpecError({"dataset": wrong})
    return model, dataset


def token_preview(ctx: Context, raw_spec: Mapping[str, Any], n: int = 3) -> list[ExampleTokens]:
    """The exact tokens of the first `n` training examples: [{row, split, texts, truncated, tokens: [{text, trained}]}].

    The same template code encodes them as in training and in chat. `row` is the file's line, counted from 1.
    """
    method = method_of(str(raw_spec.get("method") or "lora"))
    spec = make_unnamed(raw_spec, size_of_base(ctx, raw_spec), method=method.key)
    model, dataset = _inputs(ctx, spec)
    template = open_template(tokenizer_folder(ctx.settings, model), model.name)
    template = as_trained(template, spec.training)
    assert dataset.rows_path is not None
    rows = (row for row in read_rows(ctx.settings.absolute(dataset.rows_path)) if row["split"] == "train")
    objective = objective_of(spec.objective)
    return example_tokens(rows, lambda told: objective.examples(template, spec.training, told), template, n)
