"""Signs that a model has found another way to a reward than the one that was meant.

Over-optimisation of a reward: Gao et al. 2023, arXiv:2210.10760. Length: Singhal et al. 2023, arXiv:2310.03716. Collapse of entropy and
groups without variance: Yu et al. 2025, arXiv:2503.14476.
"""

from __future__ import annotations

from engine.training.doctor.declaration import WINDOW, Ailment, History, correlation

_ENOUGH = 3 * WINDOW  # points before anything is said of a course
_FAR = 0.3  # nats a token from the start
_EXPLODED = 2.0  # nats a token: hardly a word is as it was
_MOST_GAINED = 0.8  # of what the reward has gained at all
_TIMES = 3.0  # by which KL has grown since then
_LONGER, _TOGETHER = 1.5, 0.8  # times as long; correlation of reward and length
_CUT, _CUT_MORE = 0.5, 0.3  # share of answers that end; by how much less than at first
_NARROW, _LOW = 0.25, 0.1  # of the entropy at first; nats a token
_FLAT = 0.9  # share of groups without variance
_SOLVED = 0.85  # of the highest reward


def _solved(history: History) -> bool:
    return history.highest is not None and history.last("reward") >= _SOLVED * history.highest > 0


def _rose(history: History) -> bool:
    return history.last("reward") > history.first("reward") + 3 * history.noise("reward")


def diverging(history: History) -> Ailment | None:
    """The reward hardly rises any more, and the model goes on away from its start."""
    if not history.has(_ENOUGH, "reward", "kl"):
        return None
    kl, told = history.last("kl"), {"kl": round(history.last("kl"), 2)}
    if min(history.series["kl"][-WINDOW:]) > _EXPLODED:
        return Ailment("kl", told)
    rewards, kls = history.windows("reward"), history.windows("kl")
    count = min(len(rewards), len(kls))
    rewards, kls = rewards[-count:], kls[-count:]
    gained = rewards[0] + _MOST_GAINED * (max(rewards) - rewards[0])
    then = next(place for place, reward in enumerate(rewards) if reward >= gained)
    if count - then >= 3 and kl > _FAR and kl > _TIMES * max(kls[then], 1e-6) and _rose(history):
        return Ailment("kl", told)
    return None


def hacking_length(history: History) -> Ailment | None:
    """The reward rises as the answers become longer, step by step: perhaps it pays for length."""
    if not history.has(_ENOUGH, "reward", "answer_tokens") or "length" in history.rewarded:
        return None
    before, now = history.first("answer_tokens"), history.last("answer_tokens")
    grew = now > _LONGER * before and now > before + 2 * history.noise("answer_tokens")
    if not grew or not _rose(history):
        return None
    rewards, lengths = history.windows("reward"), history.windows("answer_tokens")
    count = min(len(rewards), len(lengths))
    if correlation(rewards[-count:], lengths[-count:]) < _TOGETHER:
        return None
    return Ailment("length", {"before": round(before), "now": round(now)})


def cut_short(history: History) -> Ailment | None:
    """Ever more answers run into the limit of length."""
    if not history.has(2 * WINDOW, "ended"):
        return None
    before, now = history.first("ended"), history.last("ended")
    if now < _CUT and now < before - _CUT_MORE:
        return Ailment("cut", {"percent": round(100 * (1 - now))})
    return None


def never_ended(history: History) -> Ailment | None:
    """Since the first step no answer has ended by itself: the limit is too low, or the model does not know how to end."""
    if not history.has(WINDOW, "ended", "answer_tokens") or max(history.series["ended"]) > 0:
        return None
    return Ailment("unended", {"tokens": round(history.last("answer_tokens"))})


def narrowing(history: History) -> Ailment | None:
    """The model hesitates no more: its answers become the same before the reward is won."""
    if not history.has(_ENOUGH, "entropy", "reward") or _solved(history):
        return None
    before, now = history.first("entropy"), history.last("entropy")
    if now < _NARROW * before and now < _LOW:
        return Ailment("narrow", {"before": round(before, 2), "now": round(now, 2)})
    return None


def flat(history: History) -> Ailment | None:
    """In nearly all groups all answers get the same reward: there is nothing to learn from."""
    if not history.has(WINDOW, "flat_groups", "reward") or history.last("flat_groups") < _FLAT or never_ended(history):
        return None
    share = {"percent": round(100 * history.last("flat_groups"))}
    if _solved(history):
        return Ailment("flat_solved", share)
    return Ailment("flat", share)
