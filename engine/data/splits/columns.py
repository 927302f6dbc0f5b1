"""What a cell says of a row's part, with the column that it stands in: `split` = "test" or "TE", `is_test` = 1."""

from __future__ import annotations

from engine.data.schema.declared import plain_name
from engine.data.splits.words import TEST, TRAIN, VAL, part_of_value, part_of_word, parts_in, words_of

COLUMN_NAMES = frozenset(
    (
        "split", "splits", "data_split", "dataset_split", "split_name", "set", "subset", "data_set", "dataset", "set_name", "partition",
        "part", "fold", "usage", "phase", "stage", "划分", "数据划分", "数据集划分", "拆分", "分割", "集合", "子集", "数据集", "分区", "用途",
    )
)  # fmt: skip
_CODES = {"tr": TRAIN, "te": TEST, "ts": TEST, "va": VAL, "vl": VAL, "dv": VAL}  # under such a name alone
_AROUND = frozenset(("is", "in", "for", "use", "used", "flag", "only", "是否", "是", "为"))
_YES = frozenset(("true", "1", "1.0", "yes", "y", "t", "x", "✓", "✔", "是"))
_NO = frozenset(("false", "0", "0.0", "no", "n", "f", "否"))


def flagged_part(column: str) -> str | None:
    """The part that a yes in a column of this name puts a row into: `is_test`, `in_train`, `held_out`; None where it means none.

    A bare `train` says how much a row counts, and `valid` whether it is sound.
    """
    words = words_of(column)
    named = [word for word in words if part_of_word(word)]
    rest = [word for word in words if word not in _AROUND and word not in named]
    if len(words) == 1 and not words[0].isascii():  # 是否测试集
        bare = words[0].removeprefix("是否")
        return part_of_word(bare) if bare != words[0] else None
    parts = {part for _place, part in parts_in(words)}
    alone = len(words) == len(named)
    if len(parts) != 1 or rest not in ([], ["held", "out"], ["hold", "out"]) or "valid" in words:
        return None
    found = parts.pop()
    return None if alone and found in (TRAIN, VAL) else found


def part_in(column: str, value: object) -> str | None:
    """The part that a cell names; None where it names none, or several."""
    said = part_of_value(value)
    if said is not None:
        return said
    word = str(value).strip().casefold() if isinstance(value, (str, bool, int, float)) else ""
    if (part := flagged_part(column)) is not None and word in _YES:
        return part
    if part is not None and word in _NO:
        return TEST if part == TRAIN else TRAIN
    return _CODES.get(word) if plain_name(column) in COLUMN_NAMES else None


def is_split_name(column: str) -> bool:
    """Whether a column of this name says parts, if its values do."""
    return plain_name(column) in COLUMN_NAMES or flagged_part(column) is not None
