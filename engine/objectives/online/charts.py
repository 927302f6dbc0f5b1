"""Numbers over time of objectives that write answers."""

from __future__ import annotations

from engine.core.text import Text
from engine.objectives.declaration import Chart


def _chart(key: str) -> Chart:
    return Chart(key, Text(f"objectives.online.charts.{key}.label"), Text(f"objectives.online.charts.{key}.help"))


REWARD, REWARD_STD, ENDED, ANSWER_TOKENS = (_chart(key) for key in ("reward", "reward_std", "ended", "answer_tokens"))
ENTROPY, KL, CLIP_SHARE, FLAT_GROUPS = (_chart(key) for key in ("entropy", "kl", "clip_share", "flat_groups"))
VALUE_LOSS, EXPLAINED, KL_COEF = (_chart(key) for key in ("value_loss", "explained_variance", "kl_coef"))
PAIRS_RIGHT, MARGIN = (_chart(key) for key in ("accuracy", "margin"))
HELD_OUT = tuple(
    _chart(key)
    for key in (
        "val_reward",
        "val_reward_sampled",
        "val_win_rate",
        "val_win_rate_sampled",
        "val_ended",
        "val_answer_tokens",
    )
)
OF_ANSWERS = (REWARD, REWARD_STD, KL, ENTROPY, ANSWER_TOKENS, ENDED)
