"""An answer that is JSON, and fits a schema where one is given."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.said import words_of_answer
from engine.rewards.reading.schemas import BadSchema, json_of, schema_of, unfenced
from engine.rewards.reading.within_time import TookTooLong

_ANY, _OBJECT, _LIST = "any", "object", "list"
_KINDS: Mapping[str, type | tuple[type, ...]] = {_ANY: object, _OBJECT: dict, _LIST: list}
_MISFIT = 0.5  # JSON, but not what was asked for

# fmt: off
_SHAPE = Param(
    key="shape", kind="choice", default=_OBJECT, advanced=False,
    choices={_OBJECT: Text("rewards.json_answer.shape.choices.object"), _LIST: Text("rewards.json_answer.shape.choices.list"), _ANY: Text("rewards.json_answer.shape.choices.any")},
    label=Text("rewards.json_answer.shape.label"),
    help=Text("rewards.json_answer.shape.help"),
)
_SCHEMA = Param(
    key="schema", kind="text", default=None, optional=True, advanced=False, lines=6,
    label=Text("rewards.json_answer.schema.label"),
    help=Text("rewards.json_answer.schema.help"),
)
_FENCE = Param(
    key="fence", kind="bool", default=True,
    label=Text("rewards.json_answer.fence.label"),
    help=Text("rewards.json_answer.fence.help"),
)
# fmt: on


def _score(one: Answered, values: Values) -> float | None:
    said = words_of_answer(one.answer)
    is_json, value = json_of(unfenced(said) if values["fence"] else said)
    if not is_json:
        return 0.0
    if not isinstance(value, _KINDS[values["shape"]]):
        return _MISFIT
    try:
        return 1.0 if not values["schema"] or schema_of(values["schema"])(value) else _MISFIT
    except TookTooLong:
        return None


def _check(values: Values) -> Mapping[str, CodedMessage]:
    try:
        if values["schema"]:
            schema_of(values["schema"])
    except BadSchema as bad:
        return {"schema": {"code": bad.code, "params": {"reason": bad.reason}}}
    return {}


JSON_ANSWER = Reward(
    key="json",
    label=Text("rewards.json_answer.label"),
    help=Text("rewards.json_answer.help"),
    params=(_SHAPE, _SCHEMA, _FENCE),
    open=alone(_score),
    check=_check,
    source="JSON Schema, draft 2020-12",
)
