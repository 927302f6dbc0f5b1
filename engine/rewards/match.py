"""The row's expected answer: the same number, or the same words."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.evaluation.metrics.exact_match import normalised
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.expected import expected_of
from engine.rewards.reading.numbers import last_number, only_number, result_of
from engine.rewards.reading.said import inside
from engine.rewards.shared_params import INSIDE, MEMBER

_AUTO, _NUMBER, _EQUAL, _CONTAINS = "auto", "number", "equal", "contains"
_MARKS = " \t\n.,!?;:'\"`*$。，！？；：“”‘’"

# fmt: off
_HOW = Param(
    key="how", kind="choice", default=_AUTO, advanced=False,
    choices={
        _AUTO: Text("rewards.match.how.choices.auto"), _NUMBER: Text("rewards.match.how.choices.number"),
        _EQUAL: Text("rewards.match.how.choices.equal"), _CONTAINS: Text("rewards.match.how.choices.contains"),
    },
    label=Text("rewards.match.how.label"),
    help=Text("rewards.match.how.help"),
)
_TOLERANCE = Param(
    key="tolerance", kind="float", default=0.0, minimum=0.0, maximum=1.0,
    label=Text("rewards.match.tolerance.label"),
    help=Text("rewards.match.tolerance.help"),
)
# fmt: on


def _plain(text: str) -> str:
    return normalised(text).strip(_MARKS)


def _score(one: Answered, values: Values) -> float | None:
    expected = expected_of(one.row, values["member"] or "")
    said = inside(one.answer, values["inside"] or "")
    if expected is None:
        return None
    if said is None:
        return 0.0
    how, wanted = values["how"], result_of(expected)
    number = only_number(wanted) if how in (_AUTO, _NUMBER) else None
    if how == _NUMBER and number is None:
        return None
    if number is not None:
        given = last_number(result_of(said))
        return float(given is not None and given.equals(number, values["tolerance"]))
    if how == _CONTAINS:
        return float(_plain(wanted) in _plain(said))
    return float(_plain(wanted) in (_plain(result_of(said)), _plain(said)))


MATCH = Reward(
    key="match",
    label=Text("rewards.match.label"),
    help=Text("rewards.match.help"),
    params=(_HOW, INSIDE, MEMBER, _TOLERANCE),
    open=alone(_score),
    asks_of_rows=frozenset({"reference"}),
    suits=lambda values, row: expected_of(row, values["member"] or "") is not None,
    source="Cobbe et al. 2021, arXiv:2110.14168; Hendrycks et al. 2021, arXiv:2103.03874",
)
