"""The shared settings as objectives have them that learn from prompts: in front of their own ones, and behind them."""

from __future__ import annotations

from dataclasses import replace

from engine.core.text import Text
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
    SEED,
    TRAINED_FORMAT,
    WARMUP,
    WEIGHT_DECAY,
)

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
