"""Settings of objectives that learn from better and worse answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.core.params import Param
from engine.core.text import Text
from engine.data.thoughts.wish import ANSWER
from engine.methods.common.declaration import Family
from engine.objectives.shared_params import (
    BATCH_SIZE,
    CHECKPOINTING,
    CONTROL_TOKENS,
    DOUBLE_QUANTISATION,
    EPOCHS,
    EVALUATIONS,
    KEEP_CHECKPOINTS,
    LEARNING_RATE,
    MAX_GRAD_NORM,
    MAX_LENGTH,
    MODEL_FROM,
    OFFLOAD,
    OPTIMIZER,
    QUANTISATION,
    SCHEDULE,
    SCORED_ANSWERS,
    SEED,
    THINKING,
    TRAINED_FORMAT,
    WARMUP,
    WEIGHT_DECAY,
)

# Shares of the rate that a method imitates at. LoRA: a fifth, which is 2e-4 for the smallest models and 4e-5 for 7 billion
# parameters (5e-6 to 5e-5 are usual there: Tunstall et al. 2023, Zephyr, arXiv:2310.16944). Whole models: a fiftieth, 4e-7 for 7
# billion (5e-7: Lambert et al. 2024, Tulu 3, arXiv:2411.15124; 3e-7 to 1e-6: Meng et al. 2024, SimPO, arXiv:2405.14734).
GENTLE: Mapping[Family, float] = {
    "whole": 0.02,
    "selective": 0.1,
    "low_rank": 0.2,
    "adapter": 0.2,
    "prompt": 0.5,
    "context": 1.0,
    "research": 0.1,
}

# Of objectives that imitate as well: a LoRA rate of 4e-4, 8e-6 for whole models of 7 billion (Hong et al. 2024, arXiv:2403.07691).
IMITATING: Mapping[Family, float] = dict.fromkeys(GENTLE, 0.4) | {"context": 1.0}

# fmt: off
BETA = Param(
    key="beta", kind="float", default=0.2, minimum=0.001, maximum=100.0, scale="log", advanced=False,
    label=Text("objectives.preference.params.beta.label"),
    help=Text("objectives.preference.params.beta.help"),
    usual=Text("objectives.preference.params.beta.usual"),
)
LABEL_SMOOTHING = Param(
    key="label_smoothing", kind="float", default=0.0, minimum=0.0, maximum=0.49, step=0.05,
    label=Text("objectives.preference.params.label_smoothing.label"),
    help=Text("objectives.preference.params.label_smoothing.help"),
    usual=Text("objectives.preference.params.label_smoothing.usual"),
)
IMITATE = Param(
    key="imitate", kind="float", default=0.5, minimum=0.0, maximum=10.0, step=0.1, advanced=False,
    label=Text("objectives.preference.params.imitate.label"),
    help=Text("objectives.preference.params.imitate.help"),
    usual=Text("objectives.preference.params.imitate.usual"),
)
PAIR_EPOCHS = replace(EPOCHS, default=1, usual=Text("objectives.preference.params.epochs.usual"))
PAIR_RATE = replace(
    LEARNING_RATE, default=1e-4, help=Text("objectives.preference.params.learning_rate.help"),
    usual=Text("objectives.preference.params.learning_rate.usual"),
)
PAIR_LENGTH = replace(MAX_LENGTH, help=Text("objectives.preference.params.max_length.help"))
PAIR_THINKING = replace(
    THINKING, choices={key: label for key, label in THINKING.choices.items() if key != ANSWER},
    usual=Text("objectives.preference.params.thinking.usual"),
)
# fmt: on


def settings_of(*own: Param) -> tuple[Param, ...]:
    """The settings of such an objective, in the order of the form, with its own among them."""
    return (
        PAIR_EPOCHS, PAIR_RATE, *own, BATCH_SIZE, PAIR_LENGTH, PAIR_THINKING, CONTROL_TOKENS, SCHEDULE, WARMUP, WEIGHT_DECAY,
        MAX_GRAD_NORM, OPTIMIZER, TRAINED_FORMAT, OFFLOAD, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, SCORED_ANSWERS, MODEL_FROM,
        KEEP_CHECKPOINTS, SEED,
    )  # fmt: skip
