"""An answer in which a regular expression is found, or is not."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.patterns import BadPattern, compiled, found
from engine.rewards.reading.said import words_of_answer
from engine.rewards.reading.within_time import TookTooLong

_SEARCH, _WHOLE, _ABSENT = "search", "whole", "absent"

# fmt: off
_PATTERN = Param(
    key="pattern", kind="text", default=None, advanced=False,
    label=Text("rewards.pattern.pattern.label"),
    help=Text("rewards.pattern.pattern.help"),
    usual=Text("rewards.pattern.pattern.usual"),
)
_WHERE = Param(
    key="where", kind="choice", default=_SEARCH, advanced=False,
    choices={_SEARCH: Text("rewards.pattern.where.choices.search"), _WHOLE: Text("rewards.pattern.where.choices.whole"), _ABSENT: Text("rewards.pattern.where.choices.absent")},
    label=Text("rewards.pattern.where.label"),
    help=Text("rewards.pattern.where.help"),
)
_CASE = Param(
    key="case", kind="bool", default=True,
    label=Text("rewards.pattern.case.label"),
    help=Text("rewards.pattern.case.help"),
)
# fmt: on


def _flags(values: Values) -> str:
    return "" if values["case"] else "i"


def _score(one: Answered, values: Values) -> float | None:
    made = compiled(values["pattern"], _flags(values))
    try:
        stands = found(made, words_of_answer(one.answer), whole=values["where"] == _WHOLE)
    except TookTooLong:
        return None
    return float(stands != (values["where"] == _ABSENT))


def _check(values: Values) -> Mapping[str, CodedMessage]:
    if not values["pattern"]:
        return {"pattern": {"code": "param.missing", "params": {}}}
    try:
        compiled(values["pattern"], _flags(values))
    except BadPattern as bad:
        return {"pattern": {"code": bad.code, "params": {"reason": bad.reason}}}
    return {}


PATTERN = Reward(
    key="pattern",
    label=Text("rewards.pattern.label"),
    help=Text("rewards.pattern.help"),
    params=(_PATTERN, _WHERE, _CASE),
    open=alone(_score),
    check=_check,
)
