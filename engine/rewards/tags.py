"""An answer in parts that are marked: <think>...</think>, then the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, Reward, Values, alone

_NAME = re.compile(r"[^\W\d][\w:.-]{0,39}")
_PARTED = re.compile(r"[\s,;，；、<>/]+")
_MOST = 10

# fmt: off
_TAGS = Param(
    key="tags", kind="text", default="think", advanced=False,
    label=Text("rewards.tags.tags.label"),
    help=Text("rewards.tags.tags.help"),
    usual=Text("rewards.tags.tags.usual"),
)
_AFTER = Param(
    key="after", kind="bool", default=True, advanced=False,
    label=Text("rewards.tags.after.label"),
    help=Text("rewards.tags.after.help"),
)
_OPENED = Param(
    key="opened", kind="bool", default=False,
    label=Text("rewards.tags.opened.label"),
    help=Text("rewards.tags.opened.help"),
)
# fmt: on


def _names(values: Values) -> list[str]:
    return [one for one in _PARTED.split(values["tags"] or "") if one]


def _score(one: Answered, values: Values) -> float:
    names = _names(values)
    answer = f"<{names[0]}>{one.answer}" if values["opened"] and f"<{names[0]}>" not in one.answer else one.answer
    place, kept = 0, []
    for name in names:
        begin, end = f"<{name}>", f"</{name}>"
        opened = answer.find(begin, place)
        closed = answer.find(end, opened + len(begin)) if opened >= 0 else -1
        said = closed >= 0 and bool(answer[opened + len(begin) : closed].strip())
        kept += [
            answer.count(begin) == 1,
            answer.count(end) == 1,
            said,
            opened >= 0 and not answer[place:opened].strip(),
        ]
        place = closed + len(end) if closed >= 0 else place
    kept.append(place > 0 and bool(answer[place:].strip()) == values["after"])
    return sum(kept) / len(kept)


def _check(values: Values) -> Mapping[str, CodedMessage]:
    names = _names(values)
    if not names or len(names) > _MOST or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
        return {"tags": {"code": "reward.bad_tags", "params": {"most": _MOST}}}
    return {}


TAGS = Reward(
    key="tags",
    label=Text("rewards.tags.label"),
    help=Text("rewards.tags.help"),
    params=(_TAGS, _AFTER, _OPENED),
    open=alone(_score),
    check=_check,
    source="DeepSeek-AI 2025, arXiv:2501.12948",
)
