"""Numbers over time that several objectives have."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.text import Text
from engine.evaluation.metrics import perplexity as metric
from engine.objectives.declaration import Chart, Merit

PERPLEXITY = Chart(metric.PERPLEXITY.key, metric.PERPLEXITY.label, metric.PERPLEXITY.help)

PAIRS_RIGHT = Merit("val_accuracy", Text("objectives.charts.pairs_right"))
THUMBS_RIGHT = Merit("val_accuracy", Text("objectives.charts.thumbs_right"))
REWARD_REACHED = Merit("val_reward", Text("objectives.charts.reward_reached"), share=False)
# of objectives that write answers
# fmt: off
REWARD = Chart("reward", Text("objectives.online.charts.reward.label"), Text("objectives.online.charts.reward.help"))
REWARD_STD = Chart("reward_std", Text("objectives.online.charts.reward_std.label"), Text("objectives.online.charts.reward_std.help"))
ENDED = Chart("ended", Text("objectives.online.charts.ended.label"), Text("objectives.online.charts.ended.help"))
ANSWER_TOKENS = Chart("answer_tokens", Text("objectives.online.charts.answer_tokens.label"), Text("objectives.online.charts.answer_tokens.help"))
ENTROPY = Chart("entropy", Text("objectives.online.charts.entropy.label"), Text("objectives.online.charts.entropy.help"))
KL = Chart("kl", Text("objectives.online.charts.kl.label"), Text("objectives.online.charts.kl.help"))
CLIP_SHARE = Chart("clip_share", Text("objectives.online.charts.clip_share.label"), Text("objectives.online.charts.clip_share.help"))
FLAT_GROUPS = Chart("flat_groups", Text("objectives.online.charts.flat_groups.label"), Text("objectives.online.charts.flat_groups.help"))
VALUE_LOSS = Chart("value_loss", Text("objectives.online.charts.value_loss.label"), Text("objectives.online.charts.value_loss.help"))
EXPLAINED_VARIANCE = Chart("explained_variance", Text("objectives.online.charts.explained_variance.label"), Text("objectives.online.charts.explained_variance.help"))
KL_COEFFICIENT = Chart("kl_coef", Text("objectives.online.charts.kl_coef.label"), Text("objectives.online.charts.kl_coef.help"))
OWN_PAIRS_RIGHT = Chart("accuracy", Text("objectives.online.charts.accuracy.label"), Text("objectives.online.charts.accuracy.help"))
OWN_MARGIN = Chart("margin", Text("objectives.online.charts.margin.label"), Text("objectives.online.charts.margin.help"))
OF_ANSWERS = (REWARD, REWARD_STD, KL, ENTROPY, ANSWER_TOKENS, ENDED)
OF_HELD_OUT_ANSWERS = (
    Chart("val_reward", Text("objectives.online.charts.val_reward.label"), Text("objectives.online.charts.val_reward.help")),
    Chart("val_reward_sampled", Text("objectives.online.charts.val_reward_sampled.label"), Text("objectives.online.charts.val_reward_sampled.help")),
    Chart("val_win_rate", Text("objectives.online.charts.val_win_rate.label"), Text("objectives.online.charts.val_win_rate.help")),
    Chart("val_win_rate_sampled", Text("objectives.online.charts.val_win_rate_sampled.label"), Text("objectives.online.charts.val_win_rate_sampled.help")),
    Chart("val_ended", Text("objectives.online.charts.val_ended.label"), Text("objectives.online.charts.val_ended.help")),
    Chart("val_answer_tokens", Text("objectives.online.charts.val_answer_tokens.label"), Text("objectives.online.charts.val_answer_tokens.help")),
    Chart("val_kl", Text("objectives.online.charts.val_kl.label"), Text("objectives.online.charts.val_kl.help")),
)
# fmt: on


def perplexity_of(loss: float) -> Mapping[str, float]:
    """What `PERPLEXITY` draws, of a validation loss."""
    found = metric.perplexity(loss)
    return {} if found is None else {PERPLEXITY.key: found}
