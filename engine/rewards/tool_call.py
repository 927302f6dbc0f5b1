"""The call of a tool that the row expects: its name and its arguments."""

from __future__ import annotations

from engine.core.text import Text
from engine.data.calls.written import SoughtCall, as_json, as_python_call, places
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.expected import expected_calls

_NAMED = 0.3  # the right function with other arguments
_MOST = 20_000  # characters of an answer in which calls are looked for


def _found(answer: str, name: str, arguments: dict[str, object]) -> float:
    call = SoughtCall(name, arguments)
    if any(way(answer, 0, call) is not None for way in (as_json, as_python_call)):
        return 1.0
    return _NAMED if next(places(answer, name, 0), None) is not None else 0.0


def _score(one: Answered, _values: Values) -> float | None:
    wanted = expected_calls(one.row)
    if not wanted:
        return None
    answer = one.answer[:_MOST]
    return sum(_found(answer, name, arguments) for name, arguments in wanted) / len(wanted)


TOOL_CALL = Reward(
    key="tool_call",
    label=Text("rewards.tool_call.label"),
    help=Text("rewards.tool_call.help"),
    params=(),
    open=alone(_score),
    asks_of_rows=frozenset({"reference", "tools"}),
    suits=lambda _values, row: bool(expected_calls(row)),
)
