"""From judged answers to plain conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source

_JUDGED = ("prompt", "chosen", "rejected", "completion", "label")


def _prefer(source: Source, _values: Mapping[str, Any]) -> Iterator[Row]:
    kept = 0
    for row in source.rows():
        if "completion" in row and not row["label"]:
            continue
        kept += 1
        said = row["chosen"] if "chosen" in row else row["completion"]
        rest = {key: value for key, value in row.items() if key not in _JUDGED}
        yield rest | {"messages": [*row["prompt"], *said]}
    if not kept:
        raise Fault("data.shape.none_good", rows=source.count)


CONVERT = (
    Operation(
        "prefer_chosen",
        "convert",
        Text("Keep the good answers", "只留好答案"),
        Text("Makes plain conversations for normal training: with the chosen answer of each preference pair, or with the answers that got a thumb up. The others are left out.", "转换成可用于普通训练的对话：偏好数据取更好的那个回答，带点赞/点踩的数据只取得到点赞的回答，其余的去掉。"),
        _prefer,
        kinds=("preference", "kto"),
    ),
)  # fmt: skip
