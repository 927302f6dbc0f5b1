"""An answer of a wanted length: so many words, characters or tokens, with a slope outside so that nearer is better."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.data.rows.wording import WORD
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.said import words_of_answer

_WORDS, _CHARACTERS, _TOKENS = "words", "characters", "tokens"

# fmt: off
_UNIT = Param(
    key="unit", kind="choice", default=_WORDS, advanced=False,
    choices={_WORDS: Text("rewards.length.unit.choices.words"), _CHARACTERS: Text("rewards.length.unit.choices.characters"), _TOKENS: Text("rewards.length.unit.choices.tokens")},
    label=Text("rewards.length.unit.label"),
    help=Text("rewards.length.unit.help"),
)
_LEAST = Param(
    key="least", kind="int", default=3, minimum=0, maximum=100_000, step=1, advanced=False,
    label=Text("rewards.length.least.label"),
    help=Text("rewards.length.least.help"),
)
_MOST = Param(
    key="most", kind="int", default=20, minimum=1, maximum=100_000, step=1, advanced=False, optional=True,
    label=Text("rewards.length.most.label"),
    help=Text("rewards.length.most.help"),
)
# fmt: on


def _length(one: Answered, unit: str) -> int | None:
    """None where tokens are asked for that nobody counted."""
    if unit == _TOKENS:
        return one.tokens or (None if one.answer else 0)
    said = words_of_answer(one.answer)
    if unit == _CHARACTERS:
        return sum(not letter.isspace() for letter in said)
    return sum(1 for _ in WORD.finditer(said))


def _score(one: Answered, values: Values) -> float | None:
    length, least, most = _length(one, values["unit"]), values["least"], values["most"]
    if length is None:
        return None
    if length < least:
        return length / least
    return 1.0 if most is None or length <= most else max(0.0, 1 - (length - most) / most)


def _check(values: Values) -> Mapping[str, CodedMessage]:
    least, most = values["least"], values["most"]
    if most is None or least <= most:
        return {}
    return {"most": {"code": "param.too_small", "params": {"value": str(most), "minimum": least}}}


LENGTH = Reward(
    key="length",
    label=Text("rewards.length.label"),
    help=Text("rewards.length.help"),
    params=(_UNIT, _LEAST, _MOST),
    open=alone(_score),
    check=_check,
)
