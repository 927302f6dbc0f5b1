"""Answers that refuse: a model that learns from many of them refuses whatever it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.core.text import Text
from engine.data.quality.base import Check, Detail, Values, drop, each
from engine.data.rows.row import Row
from engine.data.rows.wording import answer_part, judged_answer

_SORRY = r"(?:(?:i['’]?\s?a?m|i am)\s+(?:very |so |really |truly )?sorry|sorry|my apologies|i (?:sincerely )?apologi[sz]e|unfortunately|regrettably)"
_MODEL = r"(?:an? )?(?:ai|artificial intelligence|(?:large )?language model|ai language model|ai assistant|machine learning model|chatbot|virtual assistant)"
_CANNOT = r"(?:i\s?(?:['’]m| am) (?:just |simply )?(?:unable|not able|not allowed|not permitted|not capable)|i (?:can(?:no|['’])t|can not|could not|couldn['’]t|won['’]t|will not|do not|don['’]t)|i must (?:decline|refuse)|i have to decline)"
_DUTY = (
    r"(?:to )?(?:directly |really |actually )?(?:help|assist|provide|fulfil+|comply|answer|generate|create|engage|discuss|share|support|participate"
    r"|continue|write|produce|complete|respond|offer|give|access|browse|have (?:access|the ability|personal|feelings|opinions|enough information|the information)|do that|process|of )"
)
_EN = re.compile(
    rf"^(?:(?:{_SORRY})[\s,.;:!–-]*(?:but |however |that )?(?:as {_MODEL}[^.]{{0,80}}?\b)?(?:{_CANNOT})\s+{_DUTY}"
    rf"|(?:{_SORRY})[\s,.;:!–-]*(?:but )?as {_MODEL}"
    rf"|(?:{_CANNOT})\s+(?:to )?(?:help|assist|fulfil+|comply|provide|engage|participate|generate|discuss|answer)\b[^.]{{0,40}}(?:that|this|your|you|with|such|request|question|information|content)"
    rf"|as {_MODEL}\b[^.]{{0,160}}?(?:{_CANNOT}|it is not (?:possible|appropriate)|it would (?:not )?be (?:in)?appropriate)"
    rf"|i\s?(?:['’]m| am) (?:just |only |merely )?{_MODEL}\b[^.]{{0,100}}?(?:can(?:no|['’])t|do not|don['’]t|unable|not able))",
    re.IGNORECASE,
)
_ZH = re.compile(
    r"^(?:(?:我)?(?:很|非常|十分|真的|深感|实在)?(?:抱歉|对不起|不好意思|遗憾)[，,。！!：:\s]{0,3}(?:但是?|不过)?(?:作为[^，,。]{1,20}[，,]\s*)?"
    r"(?:我)?(?:目前|暂时|还|现在|并)?(?:无法|不能|没有?办法|不可以|没有能力|没有权限|不具备)(?!.{0,4}同意)"
    r"|作为(?:一[个款名种])?(?:人工智能|AI|ai|大?语言模型|大模型|智能助手|聊天机器人|机器人)[^。！？]{0,60}?(?:无法|不能|没有?办法|没有(?:能力|个人|情感|感情|实体|身体|自己)|不具备|不会)"
    r"|我(?:只)?是(?:一[个款名种])?(?:人工智能|AI|ai|大?语言模型|聊天机器人|智能助手)[^。！？]{0,60}?(?:无法|不能|没有?办法|没有(?:能力|个人|情感|感情|实体|身体))"
    r"|(?:我)?(?:无法|不能)(?:回答|提供|协助|满足|完成|帮助|生成|讨论)(?:你|您|这|该|此|有关|关于|任何|此类))"
)
_LEAD = re.compile(r"^[\s\"'“*>#-]+")


def refusal_in(answer: str) -> tuple[int, int] | None:
    """Where an answer refuses, at its very beginning."""
    start = found.end() if (found := _LEAD.match(answer)) else 0
    begun = answer[start : start + 300]
    refused = _EN.match(begun) or _ZH.match(begun)
    return (start, start + refused.end()) if refused else None


def _look(_values: Values) -> Callable[[Row], Detail | None]:
    return judge


def judge(row: Row) -> Detail | None:
    """The refusal of a row's answer."""
    answer = judged_answer(row)
    span = refusal_in(answer) if answer and "text" not in row else None
    if span is None:
        return None
    return {"code": "refusal", "spans": [(answer_part(row), *span, "refusal")]}


REFUSALS = Check(
    key="refusals",
    severity="look",
    label=Text("data.quality.refusals.label"),
    help=Text("data.quality.refusals.help"),
    found=Text("data.quality.refusals.found"),
    run=each(_look),
    fixes=(drop("refusals"),),
    kinds=("chat", "preference", "kto", "ranking"),
)
