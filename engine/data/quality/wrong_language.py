"""Answers in another language than their question, or than the rest of the data."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Material, Values, drop
from engine.data.rows.language import language_of
from engine.data.rows.row import Row, conversation_of, question_of
from engine.data.rows.wording import judged_answer, without_code

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE = 600
_LEAST = {"zh": 6, "ja": 6, "ko": 8}  # characters that say enough; of other scripts 40 letters
_SURE = 0.95
_REGULAR = 0.05  # a pair of languages in so many rows is what the data are about
_MAIN = 0.9
_RARE = 0.02
_LETTER = re.compile(r"[^\W\d_]")
_QUOTED = re.compile(r"[“\"「『《‘][^”\"」』》’]{1,400}[”\"」』》’]")
_ASKS = re.compile(
    r"translat|traduc|traduis|traduz|übersetz|перев[её]д|翻译|译成|译为|訳|번역|\bin(?:to)? (?:english|chinese|mandarin|french|german|spanish|japanese|korean"
    r"|italian|portuguese|russian|arabic|hindi|latin|dutch|greek|turkish|polish|swedish|vietnamese|thai)|(?:用|以|成|为|说|写)(?:简体|繁体)?"
    r"(?:中文|英文|英语|汉语|日语|日文|法语|法文|德语|德文|韩语|韩文|俄语|西班牙语|拉丁语)|\blanguage\b|语言|外语|单词|怎么说",
    re.IGNORECASE,
)
_KNOWN = "en fr de es it pt nl sv da no fi pl cs sk hu ro tr vi id ru uk bg sr ar fa ur he el hi bn ta th zh ja ko"


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(_KNOWN.split())
    return found


def language_in(text: str) -> str | None:
    """The language of a text, as a code of two letters or a script; None where too little speaks for one."""
    plain = without_code(text)[:_SAMPLE]
    letters = len(_LETTER.findall(plain))
    found = language_of(plain)
    if letters < _LEAST.get(found, 40) or found == "other":
        return None
    if found in _LEAST or found == "en":
        return found
    code, sure = _identifier().classify(plain)
    return str(code) if sure >= _SURE else None


def _run(material: Material, _values: Values) -> Iterator[FoundRow]:
    names: list[str | None] = [None]
    asked, answered, ids = array("B"), array("B"), array("Q")
    for row in material.rows():
        spoken, said = _languages(row)
        names += [name for name in dict.fromkeys((spoken, said)) if name not in names][: 255 - len(names)]
        asked.append(names.index(spoken) if spoken in names else 0)
        answered.append(names.index(said) if said in names else 0)
        ids.append(row["id"])
    pairs = Counter(zip(asked, answered, strict=True))
    faults = {pair: detail for pair in pairs if (detail := _fault(pair, pairs, names))}
    for row_id, pair in zip(ids, zip(asked, answered, strict=True), strict=True):
        if pair in faults:
            yield FoundRow(row_id, None, faults[pair])


def _languages(row: Row) -> tuple[str | None, str | None]:
    """Languages of a row's question and answer; both None where the question asks for another one."""
    question, answer = question_of(row), judged_answer(row)
    if _ASKS.search(question) or _ASKS.search(str(_system(row))):
        return None, None
    spoken = language_in(question)
    said = language_in(answer)
    if spoken and said and spoken != said and language_in(_QUOTED.sub(" ", question)) in (said, None):
        return None, None  # it asks about a foreign text
    return spoken, said


def _system(row: Row) -> str:
    first = next(iter(conversation_of(row)), None)
    return str(first.get("content") or "") if first is not None and first["role"] == "system" else ""


def _fault(pair: tuple[int, int], pairs: Counter[tuple[int, int]], names: list[str | None]) -> Detail | None:
    question, answer = pair
    if not answer:
        return None
    same_question = sum(count for (asked, _said), count in pairs.items() if asked == question)
    if question and question != answer:
        if pairs[pair] > _REGULAR * same_question and pairs[pair] > 2:
            return None
        return {"code": "language.question", "is": names[answer], "wanted": names[question]}
    return _against_main(answer, pairs, names)


def _against_main(answer: int, pairs: Counter[tuple[int, int]], names: list[str | None]) -> Detail | None:
    known = Counter[int]()
    for (_asked, said), count in pairs.items():
        known[said] += count if said else 0
    main, rows = known.most_common(1)[0]
    if (
        main == answer
        or rows < _MAIN * known.total()
        or known[answer] > max(2, _RARE * known.total())
        or known.total() < 20
    ):
        return None
    return {"code": "language.main", "is": names[answer], "wanted": names[main]}


WRONG_LANGUAGE = Check(
    key="wrong_language",
    severity="look",
    label=Text("data.quality.wrong_language.label"),
    help=Text("data.quality.wrong_language.help"),
    found=Text("data.quality.wrong_language.found"),
    run=_run,
    fixes=(drop("wrong_language"),),
    weight=4,
)
