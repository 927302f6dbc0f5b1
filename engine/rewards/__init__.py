"""Every reward of learning by trial: one explicit tuple, in the order in which they are offered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from engine.core.conforming import shown
from engine.core.errors import Fault, SpecError
from engine.core.params import plain_number, read_all
from engine.core.shapes import Faults
from engine.core.text import Text
from engine.rewards.declaration import Reward
from engine.rewards.gym import GYM
from engine.rewards.json_answer import JSON_ANSWER
from engine.rewards.judge import JUDGE
from engine.rewards.language import LANGUAGE
from engine.rewards.length import LENGTH
from engine.rewards.match import MATCH
from engine.rewards.own_function import OWN_FUNCTION
from engine.rewards.pattern import PATTERN
from engine.rewards.repetition import REPETITION
from engine.rewards.reward_model import REWARD_MODEL
from engine.rewards.similarity import SIMILARITY
from engine.rewards.tags import TAGS
from engine.rewards.tool_call import TOOL_CALL
from engine.rewards.total import ChosenReward
from engine.rewards.words import WORDS

REWARDS: tuple[Reward, ...] = (
    MATCH, JSON_ANSWER, TAGS, LENGTH, WORDS, PATTERN, SIMILARITY, LANGUAGE, REPETITION, TOOL_CALL, REWARD_MODEL, JUDGE, GYM,
    OWN_FUNCTION,
)  # fmt: skip
MOST = 12  # rewards of a job
HEAVIEST = 100.0  # weight, above and below 0
_BY_KEY = {reward.key: reward for reward in REWARDS}
_MEMBERS = frozenset(("reward", "weight", "values"))


def reward_of(key: str) -> Reward:
    """The reward of that key. Raises Fault("reward.unknown")."""
    if key not in _BY_KEY:
        raise Fault("reward.unknown", reward=shown(key), known=list(_BY_KEY))
    return _BY_KEY[key]


def read_rewards(raw: Any, prefix: str = "training.rewards") -> tuple[ChosenReward, ...]:
    """The rewards of a raw form or a stored spec, each with the defaults of its settings.

    Raises:
        SpecError: with every fault by field: "training.rewards" (none, too many, no list), "training.rewards.0.reward",
            "training.rewards.0.weight", "training.rewards.0.words" (a setting of the first one).
    """
    chosen, faults = check_rewards(raw, prefix)
    if faults:
        raise SpecError(faults)
    return chosen


def reward_names(spec: Mapping[str, Any]) -> dict[str, Text]:
    """The names for people of a stored job's rewards, by what the parts of its score are called in charts; a second one of a kind keeps its number."""
    chosen, _faults = check_rewards((spec.get("training") or {}).get("rewards"))
    return {one.name: one.reward.label for one in chosen if one.name == one.reward.key}


def check_rewards(raw: Any, prefix: str = "training.rewards") -> tuple[tuple[ChosenReward, ...], Faults]:
    """As `read_rewards`: what can be read, and the faults by field."""
    if not isinstance(raw, list | tuple):
        return (), {prefix: {"code": "reward.none", "params": {}} if raw in (None, "") else _not_list(raw)}
    if not raw:
        return (), {prefix: {"code": "reward.none", "params": {}}}
    if len(raw) > MOST:
        return (), {prefix: {"code": "reward.too_many", "params": {"most": MOST}}}
    faults: Faults = {}
    chosen: list[ChosenReward] = []
    for place, one in enumerate(raw):
        if (found := _one(one, f"{prefix}.{place}", faults)) is not None:
            chosen.append(_named(found, chosen))
    if not faults and all(one.weight == 0 for one in chosen):
        faults[prefix] = {"code": "reward.all_weightless", "params": {}}
    return tuple(chosen), faults


def _not_list(raw: Any) -> Any:
    return {"code": "param.not_list", "params": {"value": shown(raw)}}


def _one(raw: Any, place: str, faults: Faults) -> ChosenReward | None:
    if not isinstance(raw, Mapping):
        faults[place] = {"code": "param.not_values", "params": {"value": shown(raw)}}
        return None
    for key in raw.keys() - _MEMBERS:
        faults[f"{place}.{shown(key)}"] = {"code": "param.unknown", "params": {"key": shown(key)}}
    reward = _BY_KEY.get(raw["reward"]) if isinstance(raw.get("reward"), str) else None
    if reward is None:
        said = {"value": shown(raw.get("reward")), "choices": list(_BY_KEY)}
        faults[f"{place}.reward"] = {"code": "param.unknown_choice", "params": said}
        return None
    values, wrong = read_all(reward.params, _as_texts(raw.get("values") or {}), place)
    if not wrong:
        wrong = {f"{place}.{key}": fault for key, fault in reward.check(values).items()}
    faults |= wrong
    return ChosenReward(reward, reward.key, _weight(raw.get("weight", 1.0), f"{place}.weight", faults), values)


def _as_texts(values: Any) -> Any:
    """An object among the values, as YAML writes a schema, is taken as the text of its JSON."""
    if not isinstance(values, Mapping):
        return values
    return {key: json.dumps(one, ensure_ascii=False) if isinstance(one, dict) else one for key, one in values.items()}


def _weight(raw: Any, place: str, faults: Faults) -> float:
    number = plain_number(raw)
    if number is None or not math.isfinite(number):
        faults[place] = {"code": "param.not_a_number", "params": {"value": shown(raw)}}
        return 1.0
    if not -HEAVIEST <= number <= HEAVIEST:
        end = {"minimum": -HEAVIEST} if number < 0 else {"maximum": HEAVIEST}
        code = "param.too_small" if number < 0 else "param.too_large"
        faults[place] = {"code": code, "params": {"value": shown(raw)} | end}
    return number


def _named(one: ChosenReward, before: list[ChosenReward]) -> ChosenReward:
    """The same with a name of its own."""
    count = sum(other.reward is one.reward for other in before)
    return one if not count else ChosenReward(one.reward, f"{one.reward.key}_{count + 1}", one.weight, one.values)
