"""Answers that stop in the middle: the model would learn to stop there too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Detail, Fix, Material, Values, drop
from engine.data.rows.row import Row
from engine.data.rows.wording import CJK, answer_part, judged_answer, without_code

_ENDS = re.compile(r"[.!?…。！？；;~～♪:)\]}）】」』》>\"'”’*_`%℃°€$\d\u2600-\u27bf\U0001f000-\U0001faff✓]\s*$")
_STOP = re.compile(r"[.!?。！？](?=[\s\"'”’）)]|$|[\u4e00-\u9fff])")
_HANGING = re.compile(
    r"(?:[,，、]|\b(?:and|or|but|the|an|of|to|with|for|from|by|in|at|as|that|which|because|if|when|while|is|are|was|were|such as|including|into"
    r"|than|their|its|your|his|her|my|our|these|those|this)|(?:以及|并且|或者|因为|所以|但是|如果|例如|比如|通过|包括|的话|由于|而且|为了|对于|关于|和|与|或|把|被|在于))\s*$",
    re.IGNORECASE,
)
_NEVER_LAST = re.compile(r"\b(?:and|or|but|the|an|of|because|such as|including)\s*$", re.IGNORECASE)
_NO_PROSE = re.compile(r"^\s*(?:[-*+•·–—>#|]|\d+[.)、]|[a-zA-Z][.)]\s|\||https?://|[A-Za-z ]{1,24}[:：])")
_OPEN = {"(": ")", "[": "]", "（": "）", "「": "」", "《": "》", "【": "】", "“": "”", "{": "}"}
_SIGNED = re.compile(r"(?:^|\s)(?:#\S+|[-–—~]\s?\S+(?:\s\S+){0,3})\s*$")  # a hashtag, or the name below a quotation
_LEAST = 60  # characters of a paragraph that must end like a sentence; 24 for Chinese
_USUAL = 0.15  # where more of the long answers have no full stop, that is their style


def hard_end(answer: str) -> str | None:
    """A sure sign that an answer stops in the middle: "fence", "hanging" or "bracket"."""
    if sum(line.lstrip().startswith("```") for line in answer.splitlines()) % 2:
        return "fence"
    prose = without_code(answer).rstrip()
    last = prose.rsplit("\n", 1)[-1]
    if (len(prose) < 40 and not CJK.search(prose)) or len(prose) < 15 or answer.rstrip().endswith("```"):
        return None
    if _hangs(prose, last) and not _is_title(last):
        return "hanging"
    return "bracket" if _open_bracket(last) else None


def _hangs(prose: str, last: str) -> bool:
    """Whether the last words ask for more. A single phrase may end with a small word, but hardly with "the"."""
    return bool(_HANGING.search(last) if _STOP.search(prose) else _NEVER_LAST.search(last))


def _is_title(last: str) -> bool:
    """A letter's or poem's line may end with a comma or a small word."""
    return len(last) < 12 or last.lstrip().startswith(("#", "|"))


def _open_bracket(last: str) -> bool:
    """Whether a bracket in the last line is never closed, and no sentence ends behind it."""
    for opened, closed in _OPEN.items():
        at = last.rfind(opened)
        if at >= 0 and closed not in last[at:] and not _STOP.search(last[at:]) and len(last) - at > 1:
            return last[:at].count(opened) == last[:at].count(closed) and not _ENDS.search(last)
    return False


def is_long_prose(answer: str) -> bool:
    """Whether the last line of an answer is a paragraph that one would expect to end like a sentence."""
    prose = without_code(answer).rstrip()
    last = prose.rsplit("\n", 1)[-1]
    least = 24 if CJK.search(last) else _LEAST
    return (
        len(last) >= least
        and not _NO_PROSE.match(last)
        and len(_STOP.findall(prose)) >= 2
        and answer.rstrip()[-1:] == prose[-1:]
    )


def _run(material: Material, _values: Values) -> Iterator[FoundRow]:
    import numpy as np

    soft, long_ones = [], 0
    sure: list[tuple[int, str]] = []
    for place, row in enumerate(material.rows()):
        answer = judged_answer(row)
        if not answer.strip():
            continue
        if kind := hard_end(answer):
            sure.append((place, kind))
        elif is_long_prose(answer):
            long_ones += 1
            if not _ENDS.search(answer) and not _SIGNED.search(answer):
                soft.append((place, "open"))
    found = sure + (soft if len(soft) <= _USUAL * long_ones else [])
    places = np.array(sorted(place for place, _kind in found), dtype=np.int64)
    kinds = dict(found)
    for start in range(0, len(places), 500):
        part = places[start : start + 500].tolist()
        for place, row in zip(part, material.read(part), strict=True):
            yield FoundRow(row["id"], None, _detail(row, kinds[place]))


def _detail(row: Row, kind: str) -> Detail:
    end = len(judged_answer(row).rstrip())
    return {"code": f"truncated.{kind}", "spans": [(answer_part(row), max(0, end - 12), end, "end")]}


TRUNCATED = Check(
    key="truncated",
    severity="serious",
    label=Text("data.quality.truncated.label"),
    help=Text("data.quality.truncated.help"),
    found=Text("data.quality.truncated.found"),
    run=_run,
    kinds=("chat", "preference", "kto", "ranking"),
    fixes=(
        Fix(
            "shorten_found",
            {"check": "truncated"},
            Text("data.quality.truncated.shorten_found.label"),
        ),
        drop("truncated"),
    ),
)
