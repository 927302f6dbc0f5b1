"""P-tuning (Liu et al. 2021, arXiv:2103.10385): virtual tokens that a small network computes while they are trained."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Learn, Method, Model, RunContext, Values, Variant
from engine.methods.common.footprint import Footprint
from engine.methods.common.shape import ModelShape
from engine.methods.prompt import VIRTUAL, WEAK_ON_SMALL, refuse_scaled, virtual_tokens


def _apply(model: Model, values: Values, _run: RunContext) -> Model:
    from peft import PromptEncoderConfig, get_peft_model

    lstm = values["encoder"] == "lstm"
    config = PromptEncoderConfig(
        num_virtual_tokens=values["virtual_tokens"],
        encoder_reparameterization_type="LSTM" if lstm else "MLP",
        encoder_hidden_size=values["encoder_size"],
        encoder_num_layers=values["encoder_layers"] if lstm else 2,
        encoder_dropout=values["encoder_dropout"] if lstm else 0.0,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _embeddings(shape: ModelShape, values: Values) -> int:
    return int(values["virtual_tokens"]) * shape.hidden


def _trainable(shape: ModelShape, values: Values) -> int:
    """The embeddings and the network that reads them (arXiv:2103.10385, section 3.2, in the sizes of PEFT's PromptEncoder).

    MLP: hidden -> size -> size -> hidden. LSTM: both directions with 4 gates and 2 biases each, then 2 size -> 2 size -> hidden.
    """
    hidden, size = shape.hidden, int(values["encoder_size"])
    if values["encoder"] == "mlp":
        return _embeddings(shape, values) + 2 * hidden * size + size * size + 2 * size + hidden
    inputs = [hidden] + [2 * size] * (int(values["encoder_layers"]) - 1)
    lstm = sum(2 * 4 * size * (wide + size + 2) for wide in inputs)
    head = 2 * size * (2 * size + 1) + (2 * size + 1) * hidden
    return _embeddings(shape, values) + lstm + head


P_TUNING = Method(
    key="p_tuning",
    family="prompt",
    label=Text("methods.p_tuning.label"),
    tagline=Text("methods.p_tuning.tagline"),
    help=Text("methods.p_tuning.help"),
    saves="adapter",
    footprint=lambda _shape, values: Footprint(front=int(values["virtual_tokens"])),
    params=(
        virtual_tokens(20, Text("methods.p_tuning.params.usual")),
        Param(
            key="encoder",
            kind="choice",
            default="mlp",
            choices={
                "mlp": Text("methods.p_tuning.encoder.choices.mlp"),
                "lstm": Text("methods.p_tuning.encoder.choices.lstm"),
            },
            label=Text("methods.p_tuning.encoder.label"),
            help=Text("methods.p_tuning.encoder.help"),
            usual=Text("methods.p_tuning.encoder.usual"),
        ),
        Param(
            key="encoder_size",
            kind="int",
            default=256,
            minimum=1,
            maximum=8192,
            step=32,
            label=Text("methods.p_tuning.encoder_size.label"),
            help=Text("methods.p_tuning.encoder_size.help"),
            usual=Text("methods.p_tuning.encoder_size.usual"),
        ),
        Param(
            key="encoder_layers",
            kind="int",
            default=2,
            minimum=1,
            maximum=8,
            step=1,
            label=Text("methods.p_tuning.encoder_layers.label"),
            help=Text("methods.p_tuning.encoder_layers.help"),
            usual=Text("methods.p_tuning.encoder_layers.usual"),
        ),
        Param(
            key="encoder_dropout",
            kind="float",
            default=0.0,
            minimum=0.0,
            maximum=0.9,
            step=0.05,
            label=Text("methods.p_tuning.encoder_dropout.label"),
            help=Text("methods.p_tuning.encoder_dropout.help"),
            usual=Text("methods.p_tuning.encoder_dropout.usual"),
        ),
    ),
    defaults={"learning_rate": 5e-3, "epochs": 6},
    apply=_apply,
    trainable=_trainable,
    trainable_source=Text("methods.p_tuning.trainable_source"),
    stored=_embeddings,
    changed=lambda _shape, _values: 0,
    starts_as_base=False,
    goes_on=Text("methods.p_tuning.goes_on"),
    rank=lambda _shape, _values: None,
    refusals=refuse_scaled,
    capabilities=VIRTUAL,
    expected_fall=0.1,
    variants=(
        Variant(
            key="lstm",
            label=Text("methods.p_tuning.lstm.label"),
            tagline=Text("methods.p_tuning.lstm.tagline"),
            values={"encoder": "lstm"},
            paper="arXiv:2103.10385",
        ),
    ),
    notes=(
        WEAK_ON_SMALL,
        Text("methods.p_tuning.notes"),
    ),
    learn=Learn(
        what=Text("methods.p_tuning.learn.what"),
        trains=Text("methods.p_tuning.learn.trains"),
        frozen=Text("methods.p_tuning.learn.frozen"),
        when=Text("methods.p_tuning.learn.when"),
        when_not=Text("methods.p_tuning.learn.when_not"),
        strengths=(
            Text("methods.p_tuning.learn.strengths.calmer_to_train_than"),
            Text("methods.p_tuning.learn.strengths.the_result_is_as"),
            Text("methods.p_tuning.learn.strengths.many_tasks_in_one"),
        ),
        weaknesses=(
            Text("methods.p_tuning.learn.weaknesses.trains_more_numbers_than"),
            Text("methods.p_tuning.learn.weaknesses.weak_on_small_models"),
            Text("methods.p_tuning.learn.weaknesses.takes_up_context"),
        ),
        paper="Liu et al. 2021, GPT Understands, Too, arXiv:2103.10385",
        formula="virtual tokens × hidden + network",
    ),
)
