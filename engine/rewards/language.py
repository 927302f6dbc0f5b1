"""An answer in a wanted language, as far as letters tell."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.data.rows.language import SAMPLE, language_of
from engine.data.rows.wording import without_code
from engine.rewards.declaration import Answered, Reward, Values, alone
from engine.rewards.reading.said import words_of_answer

_AS_ASKED, _UNTOLD = "question", "other"
_PIECES = 25  # of an answer that are looked at, over its whole length

# fmt: off
_LANGUAGE = Param(
    key="language", kind="choice", default=_AS_ASKED, advanced=False,
    choices={
        _AS_ASKED: Text("rewards.language.language.choices.question"), "en": Text("rewards.language.language.choices.en"),
        "zh": Text("rewards.language.language.choices.zh"), "ja": Text("rewards.language.language.choices.ja"),
        "ko": Text("rewards.language.language.choices.ko"), "latin": Text("rewards.language.language.choices.latin"),
        "cyrillic": Text("rewards.language.language.choices.cyrillic"), "arabic": Text("rewards.language.language.choices.arabic"),
    },
    label=Text("rewards.language.language.label"),
    help=Text("rewards.language.language.help"),
)
# fmt: on


def _asked(one: Answered) -> str:
    said = (str(turn.get("content") or "") for turn in reversed(one.question) if turn.get("role") == "user")
    return language_of(without_code(next(said, "")))


def _score(one: Answered, values: Values) -> float | None:
    wanted = _asked(one) if values["language"] == _AS_ASKED else values["language"]
    if wanted == _UNTOLD:
        return None
    said = without_code(words_of_answer(one.answer))
    step = max(SAMPLE, -(-len(said) // _PIECES))
    found = [language_of(said[place : place + SAMPLE]) for place in range(0, len(said), step)]
    told = [language for language in found if language != _UNTOLD]
    alike = {wanted, "en"} if wanted == "latin" else {wanted}
    return sum(language in alike for language in told) / len(told) if told else 0.0


LANGUAGE = Reward(
    key="language",
    label=Text("rewards.language.label"),
    help=Text("rewards.language.help"),
    params=(_LANGUAGE,),
    open=alone(_score),
)
