"""LoRA (Hu et al. 2021, arXiv:2106.09685): a low-rank pair of matrices added to each frozen linear layer, and its relatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.base_formats import base_format
from engine.core.text import Text
from engine.methods.common.declaration import (
    EXPERTS,
    Capabilities,
    GoingOn,
    Method,
    Model,
    Refusal,
    RunContext,
    Values,
)
from engine.methods.common.footprint import Footprint, inputs_of
from engine.methods.common.lora_options import LORA_LEARN, LORA_PARAMS, LORA_VARIANTS
from engine.methods.common.modules import chosen_linears, refuse_missing, targets, weights_of
from engine.methods.common.shape import ModelShape
from engine.optimizers import optimizer_of

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

_START = "start"  # folder of the adapter before its first step, where that was not nothing


def apply_lora(model: Model, values: Values, run: RunContext) -> Model:
    """Wrap `model` in LoRA adapters. Raises ValueError of PEFT's for modules that the model does not have."""
    from peft import LoraConfig, get_peft_model

    from engine.training.tuners import structure

    tensors = structure.expert_tensors(model) if values.get("experts") else []
    config = LoraConfig(
        r=values["rank"],
        lora_alpha=values["alpha"],
        lora_dropout=values["dropout"],
        use_rslora=values["rslora"],
        use_dora=values["dora"],
        init_lora_weights=values["start"] if _moves_base(values) else True,
        target_modules=targets(values, model),
        target_parameters=structure.endings(model, tensors, tensors=True) or None,
        task_type="CAUSAL_LM",
    )
    tuned = get_peft_model(model, config)
    if _moves_base(values):
        tuned.save_pretrained(run.folder / _START, save_embedding_layers=False)
    if values["updates"] == "b_only":
        for name, parameter in tuned.named_parameters():
            if ".lora_A." in name:
                parameter.requires_grad_(False)
    return tuned


def _moves_base(values: Values) -> bool:
    """Whether the start takes a part out of the base's weights, which the result must give back."""
    return bool(values["start"] != "zero")


def save_lora(model: Model, folder: Path, run: RunContext) -> None:
    """A plain adapter: where the start changed the base, start and result together make a LoRA of twice the rank.

    The result then fits the untouched base, which is still there when it is switched off (arXiv:2404.02948, appendix C).
    """
    moved = model.peft_config["default"].init_lora_weights is not True
    conversion = {"path_initial_model_for_weight_conversion": str(run.folder / _START)} if moved else {}
    model.save_pretrained(folder, save_embedding_layers=False, **conversion)
    (folder / "README.md").unlink(missing_ok=True)


def lora_optimizer(model: Model, values: Values, training: Values) -> Optimizer | None:
    """LoRA+ (arXiv:2402.12354) or LoRA-FA (arXiv:2308.03303); None leaves the chosen optimizer."""
    from peft.optimizers import create_lorafa_optimizer, create_loraplus_optimizer

    rate, decay = training["learning_rate"], training["weight_decay"]
    if values["updates"] == "b_only":
        return create_lorafa_optimizer(model, r=values["rank"], lora_alpha=values["alpha"], lr=rate, weight_decay=decay)
    if values["updates"] == "both":
        return None
    kind, options = optimizer_of(training["optimizer"]).make()
    return create_loraplus_optimizer(
        model, kind, lr=rate, loraplus_lr_ratio=values["plus_ratio"], loraplus_weight_decay=decay, **options
    )


def _frozen(model: Model) -> dict[str, Tensor]:
    """Random matrices that are not trained but belong to the result."""
    return {name: one for name, one in model.named_parameters() if ".lora_A." in name and not one.requires_grad}


def restore_lora(model: Model, stored: Mapping[str, Tensor]) -> None:
    """Put the untrained matrices back."""
    for name, parameter in _frozen(model).items():
        parameter.data.copy_(stored[name])


def _kept(values: Values) -> Values | None:
    """The result of a start that moved the base is a plain adapter of twice the rank, at twice the strength by rank."""
    if not _moves_base(values):
        return values
    twice = {"start": "zero", "rank": 2 * int(values["rank"]), "alpha": 2 * int(values["alpha"])}
    return None if values["rslora"] else {**values, **twice}


# ---------------------------------------------------------------- numbers


def lora_parameters(shape: ModelShape, values: Values) -> int:
    """rank x (inputs + outputs) for each adapted matrix (arXiv:2106.09685, section 4.2).

    DoRA adds a magnitude for each output (arXiv:2402.09353, section 4.1); LoRA-FA leaves the rank x inputs out.
    """
    rank, down, lengths = int(values["rank"]), values["updates"] != "b_only", bool(values["dora"])
    numbers = shape.over_layers(
        lambda inputs, outputs: rank * (inputs * down + outputs) + outputs * lengths, chosen_linears(shape, values)
    )
    return numbers + rank * _expert_widths(shape, values)


def _expert_widths(shape: ModelShape, values: Values) -> int:
    """Inputs and outputs of all matrices of all experts, where they are adapted."""
    one = shape.experts if values.get("experts") else None
    return one.layers * one.count * sum(inputs + outputs for inputs, outputs in one.matrices.values()) if one else 0


def _expert_weights(shape: ModelShape, values: Values) -> int:
    one = shape.experts if values.get("experts") else None
    return one.layers * one.count * sum(inputs * outputs for inputs, outputs in one.matrices.values()) if one else 0


def lora_adapts(shape: ModelShape, values: Values) -> list[str]:
    """The chosen linear modules, and the experts where they are asked for."""
    return [*chosen_linears(shape, values), *([EXPERTS] if _expert_weights(shape, values) else [])]


def lora_changed(shape: ModelShape, values: Values) -> int:
    """Every weight of the chosen matrices of all layers, and of the experts'."""
    return weights_of(shape, values) + _expert_weights(shape, values)


def lora_stored(shape: ModelShape, values: Values) -> int:
    """Both matrices; twice the rank where the start is kept too."""
    both = lora_parameters(shape, {**values, "updates": "both"})
    return 2 * both if _moves_base(values) else both


def lora_rank(_shape: ModelShape, values: Values) -> int | None:
    """The rank; the difference of two such products has twice as much, unless they share a matrix.

    DoRA scales each output of the whole matrix besides, which is no low-rank change.
    """
    if values["dora"]:
        return max(min(sizes) for sizes in chosen_linears(_shape, values).values())
    doubled = _moves_base(values) and values["updates"] != "b_only"
    return int(values["rank"]) * (2 if doubled else 1)


def lora_footprint(shape: ModelShape, values: Values) -> Footprint:
    """The inputs of each chosen matrix, and rank numbers between its two; with dropout, each its own inputs and their mask.

    DoRA keeps both outputs of each matrix (arXiv:2402.09353, equation 5; its norms form no matrix anew, see `lean_dora`); LoRA-FA
    holds what it does not train. The matrices of experts are formed anew, all of them, and kept until the backward pass.
    """
    chosen = chosen_linears(shape, values)
    inputs, outputs = (sum(sizes[side] for sizes in chosen.values()) for side in (0, 1))
    kept = values["rank"] * len(chosen) + (inputs if values["dropout"] else 0) + (2 * outputs if values["dora"] else 0)
    return Footprint(
        reads=inputs_of(shape, chosen),
        apart=bool(values["dropout"]),
        kept=kept,
        held=values["rank"] * shape.over_layers(lambda width, _: width, chosen) if values["updates"] == "b_only" else 0,
        once=_most_formed(shape, values),
        remade=shape.over_layers(lambda i, o: i * o, chosen) if _moves_base(values) else 0,
        built=_expert_weights(shape, values),
        summed=0 if values["dora"] else shape.over_layers(lambda i, o: i * o, chosen),
    )


def _most_formed(shape: ModelShape, values: Values) -> float:
    """Numbers that the backward pass makes of one layer's experts: the gradients of the largest matrices, twice."""
    if not values.get("experts") or shape.experts is None:
        return 0
    return 2.0 * shape.experts.count * max(inputs * outputs for inputs, outputs in shape.experts.matrices.values())


# ---------------------------------------------------------------- refusals


def refuse_lora(shape: ModelShape, values: Values, training: Values) -> Iterator[Refusal]:
    """What the options cannot do together."""
    yield from refuse_missing(shape, values)
    yield from _refuse_experts(shape, values, training)
    smallest = min((min(sizes) for sizes in chosen_linears(shape, values).values()), default=values["rank"])
    if _moves_base(values):
        if shape.turned and values["start"] == "olora":
            yield Refusal("method.start", "lora.start_turned", {"start": _start_name(values), "family": shape.family})
        if base_format(training).quantised:
            yield Refusal("method.start", "lora.start_quantised", {"start": _start_name(values)})
        if values["dora"]:
            yield Refusal("method.start", "lora.start_dora", {"start": _start_name(values)})
        if values["rank"] > smallest:
            yield Refusal("method.rank", "lora.start_rank", {"start": _start_name(values), "most": smallest})
    if values["dora"] and not base_format(training).tells_lengths:
        yield Refusal("training.quantisation", "lora.dora_int8")
    if values["updates"] == "b_only":
        if values["dora"]:
            yield Refusal("method.updates", "lora.b_only_dora")
        if not optimizer_of(training["optimizer"]).adamw:
            yield Refusal("training.optimizer", "lora.b_only_optimizer")


def _refuse_experts(shape: ModelShape, values: Values, training: Values) -> Iterator[Refusal]:
    """What PEFT cannot do to a tensor that holds the matrices of all experts."""
    if not values.get("experts"):
        return
    if shape.experts is None or not shape.experts.matrices:
        yield Refusal("method.experts", "lora.experts_none", {"family": shape.family})
    if base_format(training).quantised:
        yield Refusal("training.quantisation", "lora.experts_quantised")
    if _moves_base(values):
        yield Refusal("method.start", "lora.experts_start", {"start": _start_name(values)})
    if values["dora"]:
        yield Refusal("method.dora", "lora.experts_dora")
    if values["dropout"]:
        yield Refusal("method.dropout", "lora.experts_dropout")
    if values["updates"] != "both":
        yield Refusal("method.updates", "lora.experts_updates")


def _start_name(values: Values) -> str:
    return {"pissa": "PiSSA", "olora": "OLoRA"}[values["start"]]


LORA = Method(
    key="lora",
    family="low_rank",
    label=Text("methods.lora.label"),
    tagline=Text("methods.lora.tagline"),
    help=Text("methods.lora.help"),
    saves="adapter",
    params=LORA_PARAMS,
    defaults={"learning_rate": 1e-3, "epochs": 4},
    apply=apply_lora,
    trainable=lora_parameters,
    trainable_source=Text("methods.lora.trainable_source"),
    changed=lora_changed,
    rank=lora_rank,
    stored=lora_stored,
    footprint=lora_footprint,
    refusals=refuse_lora,
    optimizer=lora_optimizer,
    state=_frozen,
    restore=restore_lora,
    save=save_lora,
    variants=LORA_VARIANTS,
    learn=LORA_LEARN,
    recommended=True,
    goes_on=GoingOn(frozenset({"dropout", "updates", "plus_ratio"}), _kept),
    adapts=lora_adapts,
    as_pairs=True,
    capabilities=Capabilities(merge=True, toggle=True, batch=True),
)
