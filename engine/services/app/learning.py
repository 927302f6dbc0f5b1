"""What the Learn page and the method cards say: declarations as JSON, and what each method costs on a model. No model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base_formats import base_format
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.core.shapes import Labelled
from engine.core.text import Text
from engine.devices import device_of, kind_of, precision_for
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.models.presence import can_plan
from engine.objectives import OBJECTIVES, usual_objective
from engine.objectives.declaration import KINDS, Objective
from engine.objectives.families import FAMILIES as SOURCES
from engine.objectives.shared_params import MAX_LENGTH
from engine.optimizers import optimizer_of
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.verdict import arrange, limit_of
from engine.planner.memory.workload import Workload
from engine.services.app.formulas import formula_in
from engine.services.app.method_guide import GOALS, Answers, Cost, advise
from engine.services.planning import estimates
from engine.services.planning.reserve import reserved
from engine.shapes.app import (
    AdviceView,
    AnsweredGuide,
    CapabilityView,
    CostsOverview,
    Lessons,
    MethodCard,
    MethodCost,
    MethodLesson,
    MethodNumbers,
    ObjectiveCard,
)
from storage.queries import base_models

Json = dict[str, Any]
BYTES_STORED = 4.0  # results are kept in fp32
FAMILIES: Mapping[str, Text] = {
    "low_rank": Text("services.app.learning.families.low_rank"),
    "adapter": Text("services.app.learning.families.adapter"),
    "prompt": Text("services.app.learning.families.prompt"),
    "selective": Text("services.app.learning.families.selective"),
    "whole": Text("services.app.learning.families.whole"),
    "context": Text("services.app.learning.families.context"),
    "research": Text("services.app.learning.families.research"),
}
CAPABILITIES: Mapping[str, Text] = {
    "merge": Text("services.app.learning.capabilities.merge"),
    "toggle": Text("services.app.learning.capabilities.toggle"),
    "quantised_base": Text("services.app.learning.capabilities.quantised_base"),
    "packing": Text("services.app.learning.capabilities.packing"),
    "checkpointing": Text("services.app.learning.capabilities.checkpointing"),
    "resume": Text("services.app.learning.capabilities.resume"),
    "batch": Text("services.app.learning.capabilities.batch"),
}
# Known sizes, for readers who have no model here yet: (name, config.json).
REFERENCES: Mapping[str, tuple[Text, Json]] = {
    "reference-135m": (
        Text("services.app.learning.references.reference-135m"),
        {"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
         "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True},
    ),
    "reference-7b": (
        Text("services.app.learning.references.reference-7b"),
        {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
         "num_attention_heads": 32, "vocab_size": 32000, "tie_word_embeddings": False},
    ),
}  # fmt: skip
EXAMPLES: tuple[Answers, ...] = (
    Answers(8_000, 200, "style"),
    Answers(8_000, 8, "format"),
    Answers(24_000, 5_000, "facts"),
    Answers(16_000, 500, "tasks"),
)
GB = 1000  # MB


def capabilities_of(method: Method, language: str) -> list[CapabilityView]:
    """What the method can do, and why not where it cannot."""
    can = method.capabilities
    return [
        {
            "key": key,
            "label": label.in_(language),
            "can": bool(getattr(can, key)),
            "reason": can.why_not[key].in_(language) if key in can.why_not else None,
        }
        for key, label in CAPABILITIES.items()
    ]


def card(method: Method, language: str) -> MethodCard:
    """One method's card. `learn` is null while its texts are not written."""
    return {
        "key": method.key,
        "family": method.family,
        "label": method.label.in_(language),
        "tagline": method.tagline.in_(language),
        "recommended": method.recommended,
        "trains": method.capabilities.trains,
        "saves": method.saves,
        "source": method.trainable_source.in_(language),
        "capabilities": capabilities_of(method, language),
        "variants": [
            {"label": v.label.in_(language), "tagline": v.tagline.in_(language), "paper": v.paper}
            for v in method.variants
        ],
        "notes": [note.in_(language) for note in method.notes],
        "learn": _learn(method, language),
    }


def _learn(method: Method, language: str) -> MethodLesson | None:
    learn = method.learn
    if learn is None:
        return None
    return {
        "what": learn.what.in_(language),
        "trains": learn.trains.in_(language),
        "frozen": learn.frozen.in_(language),
        "when": learn.when.in_(language),
        "when_not": learn.when_not.in_(language),
        "strengths": [text.in_(language) for text in learn.strengths],
        "weaknesses": [text.in_(language) for text in learn.weaknesses],
        "paper": learn.paper,
        "formula": formula_in(learn.formula, language),
    }


def objective_card(objective: Objective, language: str) -> ObjectiveCard:
    """One objective's card: what is learnt, from which data, and when to choose it."""
    learn = objective.learn
    return {
        "what": learn.what.in_(language),
        "data": learn.data.in_(language),
        "when": learn.when.in_(language),
        "when_not": learn.when_not.in_(language),
        "key": objective.key,
        "label": objective.label.in_(language),
        "tagline": objective.tagline.in_(language),
        "learns_from": [label.in_(language) for kind, label in KINDS.items() if kind in objective.learns_from],
        "family": objective.family.key,
        "loss": formula_in(learn.loss, language),
        "paper": learn.paper,
    }


def lessons(language: str) -> Lessons:
    """Everything of the Learn page that depends on no model."""
    return {
        "methods": [card(method, language) for method in METHODS],
        "families": [{"key": key, "label": label.in_(language)} for key, label in FAMILIES.items()],
        "sources": [{"key": family.key, "label": family.label.in_(language)} for family in SOURCES],
        "objectives": [objective_card(objective, language) for objective in OBJECTIVES],
        "goals": [{"value": key, "label": label.in_(language)} for key, label in GOALS.items()],
    }


def models(ctx: Context, language: str) -> list[Labelled]:
    """What costs can be shown for: prepared models, then known sizes: [{value, label}]."""
    with ctx.db.read() as s:
        ready = [row for row in base_models.list_models(s) if can_plan(row) and row.config]
        own: list[Labelled] = [{"value": str(row.id), "label": row.name} for row in ready]
    return [*own, *({"value": key, "label": name.in_(language)} for key, (name, _config) in REFERENCES.items())]  # type: ignore[list-item]


def shape_named(ctx: Context, model: str) -> ModelShape:
    """The shape of a prepared model (its number) or of a known size. Raises NotFound, or Fault("model.config_unknown")."""
    if model in REFERENCES:
        return shape_of(REFERENCES[model][1])
    with ctx.db.read() as s:
        row = base_models.get_model(s, int(model)) if model.isdecimal() else None
        if row is None:
            raise NotFound(model=model)
        return shape_of(row.config, row.parameters)


def numbers(shape: ModelShape, device: Device, memory_mb: float | None = None) -> dict[str, MethodNumbers]:
    """What each method costs at its defaults, by key: {trained, share, changed, rank, bytes, memory_mb, refused}.

    Args:
        memory_mb: what the job may use; with less it works in smaller groups and recomputes. The machine's where None.
    """
    limit = limit_of(device, None) if memory_mb is None else round(memory_mb)
    return {method.key: _number(method, shape, device, limit) for method in METHODS}


def _number(method: Method, shape: ModelShape, device: Device, limit_mb: int) -> MethodNumbers:
    values, _ = read_all(method.params, {}, "method")
    training, _ = read_all(usual_objective().params_for(method.defaults), {}, "training")
    if faults := refused(method, shape, values, training):
        return {"refused": next(iter(faults.values()))}
    trained = method.trainable(shape, values)
    return {
        "refused": None,
        "trained": trained,
        "share": trained / shape.parameters,
        "changed": method.changed(shape, values),
        "rank": method.rank(shape, values),
        "bytes": BYTES_STORED * method.numbers_stored(shape, values),
        "memory_mb": _memory_mb(method, shape, values, training, device, limit_mb),
    }


def _memory_mb(method: Method, shape: ModelShape, values: Json, training: Json, device: Device, limit_mb: int) -> int:
    longest = int(training["max_length"])
    work = Workload(
        shape=shape,
        method=method,
        values=values,
        precision=precision_for(device),
        device=device,
        tokens=longest,
        optimizer=optimizer_of(training["optimizer"]),
        base_format=base_format(training),
    )
    step = longest * int(training["batch_size"])
    return total_mb(arrange(work, longest, step, str(training["checkpointing"]), limit_mb))


def overview(ctx: Context, model: str, language: str) -> CostsOverview:
    """Costs of all methods on one model, and the guide's examples: {parameters, device, tokens, numbers, examples}."""
    shape, device = shape_named(ctx, model), _device(ctx)
    tokens = MAX_LENGTH.default
    return {
        "parameters": shape.parameters,
        "device": {
            "key": device.key,
            "name": device.name,
            "place": kind_of(device).place.in_(language),
            "memory_mb": device.memory_mb,
        },
        "tokens": tokens,
        "numbers": numbers(shape, device),
        "examples": [_answered(answers, shape, device, language) for answers in EXAMPLES],
    }


def recommend(ctx: Context, model: str, memory_gb: float, examples: int, goal: str, language: str) -> list[AdviceView]:
    """The guide's advice, best first: [{method, label, reason, memory_mb}]; empty when nothing fits.

    Raises:
        Fault: "learn.bad_answer" when an answer is none.
    """
    known = next((key for key in GOALS if key == goal), None)
    if known is None or not memory_gb > 0 or not examples > 0:
        raise Fault("learn.bad_answer")
    answers = Answers(memory_gb * GB, int(examples), known)
    return _answered(answers, shape_named(ctx, model), _device(ctx), language)["advice"]


def _device(ctx: Context) -> Device:
    """The device that a job takes here, with what the user leaves to others on it."""
    found = device_of("auto")
    with ctx.db.read() as s:
        return reserved(s, found)


def _answered(answers: Answers, shape: ModelShape, device: Device, language: str) -> AnsweredGuide:
    costs = numbers(shape, device, answers.memory_mb)
    usable = {key: Cost(cost["memory_mb"], cost["bytes"]) for key, cost in costs.items() if cost["refused"] is None}
    advice: list[AdviceView] = [
        {
            "method": found.method.key,
            "label": found.method.label.in_(language),
            "reason": found.rule.reason.in_(language),
            "memory_mb": round(usable[found.method.key].memory_mb),
        }
        for found in advise(answers, usable)
    ]
    return {
        "memory_gb": answers.memory_mb / GB,
        "examples": answers.examples,
        "goal": answers.goal,
        "advice": advice,
    }


def costs(ctx: Context, raw: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, MethodCost]:
    """What methods would cost for the form as it is filled in, by key: {memory_mb, trained, bytes, ok} or {fault}.

    Args:
        settings: the methods that are asked for, each with what the user changed for it: {method_params, training}.
    """
    shape = shape_named(ctx, str(raw.get("base_model") or ""))
    asked = [method for method in METHODS if method.key in settings]
    return {method.key: _cost(ctx, method, shape, {**raw, **settings[method.key]}) for method in asked}


def _cost(ctx: Context, method: Method, shape: ModelShape, raw: Mapping[str, Any]) -> MethodCost:
    try:
        plan = estimates.plan(ctx, {**raw, "method": method.key})
    except SpecError as error:
        fault = next(iter(error.faults.values()))
        return {"fault": fault}
    except Fault as error:
        return {"fault": error.as_dict()}
    values, _ = read_all(method.params, raw.get("method_params") or {}, "method")
    return {
        "memory_mb": plan["memory"]["total_mb"],
        "trained": plan["trainable"],
        "bytes": round(BYTES_STORED * method.numbers_stored(shape, values)),
        "ok": bool(plan["verdict"]["ok"]),
    }
