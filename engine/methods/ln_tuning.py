"""LN tuning (Zhao et al. 2023, arXiv:2312.11420): only the norms between the layers are trained."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values
from engine.methods.common.footprint import Footprint
from engine.methods.common.modules import TURN_BY_TURN
from engine.methods.common.shape import ModelShape

_PARAMS = (
    Param(
        key="final",
        kind="bool",
        default=True,
        label=Text("methods.ln_tuning.final.label"),
        help=Text("methods.ln_tuning.final.help"),
        usual=Text("methods.ln_tuning.final.usual"),
    ),
)


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    """The trained copies are held in fp32, as bf16 is too coarse for steps of this size."""
    from peft import LNTuningConfig, get_peft_model

    from engine.training.tuners import structure

    names = structure.endings(model, structure.norms(model, final=values["final"]))
    tuned = get_peft_model(model, LNTuningConfig(target_modules=names, task_type="CAUSAL_LM"))
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return tuned


def _trainable(shape: ModelShape, values: Values) -> int:
    last = shape.final_norm[1] if values["final"] else 0
    return shape.norm_numbers + shape.norm_tensors * last


LN_TUNING = Method(
    key="ln_tuning",
    family="selective",
    label=Text("methods.ln_tuning.label"),
    tagline=Text("methods.ln_tuning.tagline"),
    help=Text("methods.ln_tuning.help"),
    saves="adapter",
    footprint=lambda shape, values: Footprint(norms=True, aside=shape.hidden if values["final"] else 0),
    params=_PARAMS,
    defaults={"learning_rate": 0.01, "epochs": 4},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.ln_tuning.trainable_source"),
    changed=_trainable,
    rank=lambda _shape, _values: None,
    capabilities=Capabilities(merge=True, toggle=True, why_not={"batch": TURN_BY_TURN}),
    learn=Learn(
        what=Text("methods.ln_tuning.learn.what"),
        trains=Text("methods.ln_tuning.learn.trains"),
        frozen=Text("methods.ln_tuning.learn.frozen"),
        when=Text("methods.ln_tuning.learn.when"),
        when_not=Text("methods.ln_tuning.learn.when_not"),
        strengths=(
            Text("methods.ln_tuning.learn.strengths.the_fewest_numbers_of"),
            Text("methods.ln_tuning.learn.strengths.merges_without_any_rounding"),
        ),
        weaknesses=(Text("methods.ln_tuning.learn.weaknesses"),),
        paper="Zhao et al. 2023, Tuning LayerNorm in Attention: Towards Efficient Multi-Modal LLM Finetuning, arXiv:2312.11420",
        formula="(layers × norms + 1) × hidden × (1, or 2 with biases)",
    ),
)
