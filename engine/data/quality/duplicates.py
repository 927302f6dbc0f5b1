"""Rows that stand in the data twice: word for word, or nearly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values
from engine.data.quality.near import Unions, similar_pairs
from engine.data.quality.wording import jaccard, mark, said, shingles
from engine.data.rows.row import Row, content_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Marks = npt.NDArray[np.uint64]

_AT_ONCE = 500  # rows of a group that are read at once
NEAR = 0.8


def exact_mark(row: Row) -> int:
    """Equal for rows that teach the same."""
    import orjson

    return mark(orjson.dumps(content_of(row), option=orjson.OPT_SORT_KEYS).decode())


def marks_of(rows: Iterable[Row], count: int) -> tuple[Marks, Marks]:
    """Ids and exact marks of all rows."""
    import numpy as np

    ids, marks = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64)
    for place, row in enumerate(rows):
        ids[place], marks[place] = row["id"], exact_mark(row)
    return ids, marks


def equal_groups(marks: Marks) -> Iterator[list[int]]:
    """Places with an equal mark, two or more, in the order of the first ones."""
    import numpy as np

    order = np.argsort(marks, kind="stable")
    ranked = marks[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(ranked)]
    several = ends - starts > 1
    first = np.argsort(order[starts[several]], kind="stable")
    for start, end in zip(starts[several][first].tolist(), ends[several][first].tolist(), strict=True):
        found: list[int] = order[start:end].tolist()
        yield found


def _exact(material: Material, _values: Values) -> Iterator[FoundRow]:
    ids, marks = marks_of(material.rows(), material.count)
    for group, places in enumerate(equal_groups(marks)):
        for at, place in enumerate(places):
            yield FoundRow(int(ids[place]), group, {"code": "copy.exact" if at else "copy.first"})


def _near(material: Material, values: Values) -> Iterator[FoundRow]:
    ids, marks = marks_of(material.rows(), material.count)
    unions = Unions(material.count)
    for one, other in similar_pairs(material, values["threshold"]):
        unions.join(one, other)
    number = 0
    for places in unions.groups():
        several = _one_of_each(places, marks)
        if len(several) > 1:
            yield from _shown(material, several, ids, number)
            number += 1


def _one_of_each(places: list[int], marks: Marks) -> list[int]:
    """Without exact copies: another check shows those."""
    kept: dict[int, int] = {}
    for place in sorted(places):
        kept.setdefault(int(marks[place]), place)
    return list(kept.values())


def _shown(material: Material, places: list[int], ids: Marks, number: int) -> Iterator[FoundRow]:
    first = shingles(said(material.read(places[:1])[0]))
    yield FoundRow(int(ids[places[0]]), number, {"code": "copy.first"})
    for start in range(1, len(places), _AT_ONCE):
        part = places[start : start + _AT_ONCE]
        for place, row in zip(part, material.read(part), strict=True):
            share = round(100 * jaccard(first, shingles(said(row))))
            yield FoundRow(int(ids[place]), number, {"code": "copy.near", "percent": share})


def _keep(check: str) -> tuple[Fix, ...]:
    return (
        Fix("keep_one", {"check": check, "which": "first"}, Text("Keep the first of each group", "每组保留第一条")),
        Fix(
            "keep_one",
            {"check": check, "which": "longest"},
            Text("Keep the longest of each group", "每组保留最长的一条"),
        ),
    )


EXACT = Check(
    key="exact_duplicates",
    severity="look",
    label=Text("Duplicates", "完全重复"),
    help=Text(
        "Rows that are the same word for word. The model learns them as often as they stand there, so they weigh more than the rest.",
        "内容一字不差的行。出现几次，模型就会学几次，因此它们的分量会超过其他行。",
    ),
    found=Text(
        "{rows|row is a word-for-word copy|rows are word-for-word copies of each other}, in {groups|group|groups}.",
        "有 {rows} 行一字不差地重复，共 {groups} 组。",
    ),
    run=_exact,
    fixes=_keep("exact_duplicates")[:1],
    weight=2,
)

NEAR_DUPLICATES = Check(
    key="near_duplicates",
    severity="look",
    label=Text("Near-duplicates", "近似重复"),
    help=Text(
        "Rows that say almost the same in almost the same words: a changed name, a comma more, a sentence added. "
        "System prompts are not compared, and answers must be alike as well.",
        "用几乎相同的话说几乎相同内容的行：换了个名字、多了个逗号、加了一句话。系统提示词不参与比较，而且回答也必须相近。",
    ),
    found=Text("{rows|row is|rows are} nearly the same as another one, in {groups|group|groups}.", "有 {rows} 行与其他行几乎相同，共 {groups} 组。"),
    run=_near,
    params=(
        Param(
            "threshold", "float", NEAR,
            Text("How alike two rows must be", "相似到什么程度"),
            Text(
                "1 means the same words in the same order. Lower values find more pairs, and more that only resemble each other.",
                "1 表示用词和顺序都相同。值越低，找到的越多，其中只是有点像的也越多。",
            ),
            usual=Text("0.7 to 0.9", "0.7 到 0.9"), minimum=0.5, maximum=0.99, step=0.05, advanced=False,
        ),
    ),
    fixes=_keep("near_duplicates"),
    weight=9,
)  # fmt: skip
