"""Words that an answer must hold, and words that it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.data.rows.wording import CJK
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.said import words_of_answer

_PARTED = re.compile(r"[\n,;，；、]")

# fmt: off
_REQUIRED = Param(
    key="required", kind="text", default=None, optional=True, advanced=False, lines=2,
    label=Text("rewards.words.required.label"),
    help=Text("rewards.words.required.help"),
)
_FORBIDDEN = Param(
    key="forbidden", kind="text", default=None, optional=True, advanced=False, lines=2,
    label=Text("rewards.words.forbidden.label"),
    help=Text("rewards.words.forbidden.help"),
)
_CASE = Param(
    key="case", kind="bool", default=False,
    label=Text("rewards.words.case.label"),
    help=Text("rewards.words.case.help"),
)
_SHARE = Param(
    key="share", kind="bool", default=True,
    label=Text("rewards.words.share.label"),
    help=Text("rewards.words.share.help"),
)
# fmt: on


def _wanted(values: Values, key: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in _PARTED.split(values[key] or "") if one.strip()))


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _joins(text: str, place: int, letter: str) -> bool:
    """Whether the sign at that place goes on with the word: letters of Chinese never do."""
    return 0 <= place < len(text) and text[place].isalnum() and letter.isalnum() and not CJK.match(text[place] + letter)


def _stands(text: str, word: str) -> bool:
    """Whether the word stands there as a whole."""
    alone_ = (
        not _joins(text, place - 1, word[0]) and not _joins(text, place + len(word), word[-1])
        for place in _places(text, word)
    )
    return any(alone_)


def _score(one: Answered, values: Values) -> float:
    fold = str if values["case"] else str.casefold
    said = fold(words_of_answer(one.answer))
    kept = [_stands(said, fold(word)) for word in _wanted(values, "required")]
    kept += [not _stands(said, fold(word)) for word in _wanted(values, "forbidden")]
    return sum(kept) / len(kept) if values["share"] else float(all(kept))


def _check(values: Values) -> Mapping[str, CodedMessage]:
    if _wanted(values, "required") or _wanted(values, "forbidden"):
        return {}
    return {"required": {"code": "reward.no_words", "params": {}}}


WORDS = Reward(
    key="words",
    label=Text("rewards.words.label"),
    help=Text("rewards.words.help"),
    params=(_REQUIRED, _FORBIDDEN, _CASE, _SHARE),
    open=alone(_score),
    check=_check,
)
