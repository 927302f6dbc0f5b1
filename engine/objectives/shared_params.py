"""Settings that every objective of training has: declared once, each objective places them among its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.base_formats import BASE_FORMATS
from engine.base_formats.declaration import BaseFormat
from engine.core.params import Param
from engine.core.text import Text
from engine.data.thoughts.wish import ANSWER, AS_BEFORE, EMPTY, LEARN, STRIP
from engine.optimizers import OPTIMIZERS
from engine.optimizers import offload as moving
from engine.optimizers import trained_format as holding
from engine.optimizers.declaration import Optimizer

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

_SCHEDULES = {
    "linear": Text("objectives.shared_params.schedules.linear"),
    "cosine": Text("objectives.shared_params.schedules.cosine"),
    "constant": Text("objectives.shared_params.schedules.constant"),
    "constant_with_warmup": Text("objectives.shared_params.schedules.constant_with_warmup"),
}
_BASE_FORMATS = {held.key: held.label for held in BASE_FORMATS}
_OPTIMIZERS = {optimizer.key: optimizer.label for optimizer in OPTIMIZERS}


def _explained(lead: Text, choices: Iterable[Optimizer | BaseFormat | holding.TrainedFormat | moving.Offload]) -> Text:
    """A help text that ends with a sentence for each choice."""
    said = lead
    for one in choices:
        said = Text("language.after").filled(
            first=said, second=Text("language.named").filled(name=one.label, said=one.help)
        )
    return said


# fmt: off
EPOCHS = Param(
    key="epochs", kind="float", default=3, minimum=0.01, maximum=1000, step=1, advanced=False,
    label=Text("objectives.shared_params.epochs.label"),
    help=Text("objectives.shared_params.epochs.help"),
    usual=Text("objectives.shared_params.epochs.usual"),
)
LEARNING_RATE = Param(
    key="learning_rate", kind="float", default=2e-4, minimum=1e-8, maximum=10.0, scale="log", advanced=False,
    label=Text("objectives.shared_params.learning_rate.label"),
    help=Text("objectives.shared_params.learning_rate.help"),
    usual=Text("objectives.shared_params.learning_rate.usual"),
)
BATCH_SIZE = Param(
    key="batch_size", kind="int", default=8, minimum=1, maximum=4096, step=1, advanced=False,
    label=Text("objectives.shared_params.batch_size.label"),
    help=Text("objectives.shared_params.batch_size.help"),
    usual=Text("objectives.shared_params.batch_size.usual"),
)
MAX_LENGTH = Param(
    key="max_length", kind="int", default=512, minimum=16, maximum=131072, step=16, advanced=False,
    label=Text("objectives.shared_params.max_length.label"), unit=Text("objectives.shared_params.max_length.unit"),
    help=Text("objectives.shared_params.max_length.help"),
    usual=Text("objectives.shared_params.max_length.usual"),
)
CONTROL_TOKENS = Param(
    key="control_tokens", kind="bool", default=False,
    label=Text("objectives.shared_params.control_tokens.label"),
    help=Text("objectives.shared_params.control_tokens.help"),
    usual=Text("objectives.shared_params.control_tokens.usual"),
)
THINKING = Param(
    key="thinking", kind="choice", default=LEARN,
    choices={
        LEARN: Text("objectives.shared_params.thinking.choices.learn"), ANSWER: Text("objectives.shared_params.thinking.choices.answer"),
        STRIP: Text("objectives.shared_params.thinking.choices.strip"), EMPTY: Text("objectives.shared_params.thinking.choices.empty"),
    },
    label=Text("objectives.shared_params.thinking.label"),
    help=Text("objectives.shared_params.thinking.help"),
    usual=Text("objectives.shared_params.thinking.usual"),
)
SCHEDULE = Param(
    key="schedule", kind="choice", default="linear", choices=_SCHEDULES,
    label=Text("objectives.shared_params.schedule.label"),
    help=Text("objectives.shared_params.schedule.help"),
    usual=Text("objectives.shared_params.schedule.usual"),
)
WARMUP = Param(
    key="warmup", kind="float", default=0.05, minimum=0.0, maximum=0.9, step=0.01,
    label=Text("objectives.shared_params.warmup.label"),
    help=Text("objectives.shared_params.warmup.help"),
    usual=Text("objectives.shared_params.warmup.usual"),
)
WEIGHT_DECAY = Param(
    key="weight_decay", kind="float", default=0.0, minimum=0.0, maximum=1.0, step=0.01,
    label=Text("objectives.shared_params.weight_decay.label"),
    help=Text("objectives.shared_params.weight_decay.help"),
    usual=Text("objectives.shared_params.weight_decay.usual"),
)
MAX_GRAD_NORM = Param(
    key="max_grad_norm", kind="float", default=1.0, minimum=0.0, maximum=1000.0, step=0.1,
    label=Text("objectives.shared_params.max_grad_norm.label"),
    help=Text("objectives.shared_params.max_grad_norm.help"),
    usual=Text("objectives.shared_params.max_grad_norm.usual"),
)
OPTIMIZER = Param(
    key="optimizer", kind="choice", default=OPTIMIZERS[0].key, choices=_OPTIMIZERS,
    label=Text("objectives.shared_params.optimizer.label"),
    help=_explained(
        Text("objectives.shared_params.optimizer.help.lead"), OPTIMIZERS
    ),
    usual=Text("objectives.shared_params.optimizer.usual"),
)
TRAINED_FORMAT = Param(
    key=holding.SETTING, kind="choice", default=holding.FP32.key,
    choices={one.key: one.label for one in holding.TRAINED_FORMATS},
    label=Text("objectives.shared_params.trained_format.label"),
    help=_explained(Text("objectives.shared_params.trained_format.help.lead"), holding.TRAINED_FORMATS),
    usual=Text("objectives.shared_params.trained_format.usual"),
)
OFFLOAD = Param(
    key=moving.SETTING, kind="choice", default=moving.NOTHING.key, choices={one.key: one.label for one in moving.OFFLOADS},
    label=Text("objectives.shared_params.offload.label"),
    help=_explained(Text("objectives.shared_params.offload.help.lead"), moving.OFFLOADS),
    usual=Text("objectives.shared_params.offload.usual"),
)
CHECKPOINTING = Param(
    key="checkpointing", kind="choice", default="auto",
    choices={"auto": Text("objectives.shared_params.checkpointing.choices.auto"), "on": Text("objectives.shared_params.checkpointing.choices.on"), "off": Text("objectives.shared_params.checkpointing.choices.off")},
    label=Text("objectives.shared_params.checkpointing.label"),
    help=Text("objectives.shared_params.checkpointing.help"),
    usual=Text("objectives.shared_params.checkpointing.usual"),
)
QUANTISATION = Param(
    key="quantisation", kind="choice", default=BASE_FORMATS[0].key, choices=_BASE_FORMATS,
    label=Text("objectives.shared_params.quantisation.label"),
    help=_explained(
        Text("objectives.shared_params.quantisation.help.lead"),
        BASE_FORMATS,
    ),
    usual=Text("objectives.shared_params.quantisation.usual"),
)
DOUBLE_QUANTISATION = Param(
    key="double_quantisation", kind="bool", default=True,
    label=Text("objectives.shared_params.double_quantisation.label"),
    help=Text("objectives.shared_params.double_quantisation.help"),
    usual=Text("objectives.shared_params.double_quantisation.usual"),
)
EVALUATIONS = Param(
    key="evaluations", kind="int", default=4, minimum=0, maximum=1000, step=1,
    label=Text("objectives.shared_params.evaluations.label"),
    help=Text("objectives.shared_params.evaluations.help"),
    usual=Text("objectives.shared_params.evaluations.usual"),
)
SCORED_ANSWERS = Param(
    key="scored_answers", kind="int", default=0, minimum=0, maximum=500, step=1,
    label=Text("objectives.shared_params.scored_answers.label"),
    help=Text("objectives.shared_params.scored_answers.help"),
    usual=Text("objectives.shared_params.scored_answers.usual"),
)

MODEL_FROM = Param(
    key="model_from", kind="choice", default="best",
    choices={"best": Text("objectives.shared_params.model_from.choices.best"), "last": Text("objectives.shared_params.model_from.choices.last")},
    label=Text("objectives.shared_params.model_from.label"),
    help=Text("objectives.shared_params.model_from.help"),
    usual=Text("objectives.shared_params.model_from.usual"),
)
KEEP_CHECKPOINTS = Param(
    key="keep_checkpoints", kind="int", default=2, minimum=1, maximum=100, step=1,
    label=Text("objectives.shared_params.keep_checkpoints.label"),
    help=Text("objectives.shared_params.keep_checkpoints.help"),
    usual=Text("objectives.shared_params.keep_checkpoints.usual"),
)
SEED = Param(
    key="seed", kind="int", default=42, minimum=0, maximum=2**31 - 1, step=1,
    label=Text("objectives.shared_params.seed.label"),
    help=Text("objectives.shared_params.seed.help"),
    usual=Text("objectives.shared_params.seed.usual"),
)
# fmt: on

# of objectives that learn from prompts: what stands in front of their own settings, and behind them
OF_PROMPTS = (
    replace(EPOCHS, default=1.0, help=Text("objectives.online.params.epochs.help")),
    LEARNING_RATE,
    replace(
        BATCH_SIZE,
        default=4,
        label=Text("objectives.online.params.batch_size.label"),
        help=Text("objectives.online.params.batch_size.help"),
        usual=Text("objectives.online.params.batch_size.usual"),
    ),
    replace(MAX_LENGTH, help=Text("objectives.online.params.max_length.help")),
)
OF_TRAINING = (
    CONTROL_TOKENS, replace(SCHEDULE, default="constant_with_warmup"), WARMUP, WEIGHT_DECAY, MAX_GRAD_NORM, OPTIMIZER, TRAINED_FORMAT, OFFLOAD,
    CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, MODEL_FROM, KEEP_CHECKPOINTS, SEED,
)  # fmt: skip


def controls_work(training: Mapping[str, Any]) -> bool:
    """Whether control tokens in texts of the data work as such; jobs from before this could be chosen do not say."""
    return bool(training.get(CONTROL_TOKENS.key, CONTROL_TOKENS.default))


def thinking_wish(training: Mapping[str, Any]) -> str:
    """What a job wants of the thinking in its rows; jobs from before this could be chosen do not say."""
    return str(training.get(THINKING.key, AS_BEFORE))


def as_trained(template: ChatTemplate, training: Mapping[str, Any]) -> ChatTemplate:
    """The template as a job with these settings reads its rows, and as chat with its result asks."""
    return template.with_controls(controls_work(training)).with_thinking(thinking_wish(training))
