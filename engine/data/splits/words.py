"""Words that name a part of a data set ("train", "val" or "test"), in values of columns and in names of files and folders.

The words are those of `datasets.load_dataset` and a few more. "eval" is the test there, and here too: what nobody trains on nor chooses
by. Only beside a part that is called test, and with none for validation, it is the validation (`settled`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

TRAIN, VAL, TEST = "train", "val", "test"
EVAL = "eval"  # until `settled` says which one it is
_WORDS = {
    TRAIN: ("train", "training", "trn", "训练"),
    VAL: ("validation", "valid", "val", "dev", "development", "validate", "devel", "验证", "校验", "开发"),
    TEST: ("test", "testing", "tst", "holdout", "heldout", "测试", "留出"),
    EVAL: ("eval", "evaluation", "evaluate", "评估", "评测"),
}
_OF = {word: part for part, words in _WORDS.items() for word in words}
_SETS = ("set", "data", "dataset", "split", "rows", "集", "数据", "数据集", "样本", "部分", "集合")
_HELD = (("held", "out"), ("hold", "out"))
_FURTHER = (TRAIN, VAL, EVAL, TEST)  # the later, the further from training
NEUTRAL = frozenset(
    (
        *_SETS, "file", "files", "part", "parts", "shard", "example", "examples", "sample", "samples", "row", "row", "full", "final",
        "clean", "cleaned", "raw", "new", "v", "of", "en", "zh", "cn", "sft", "chat", "public", "jsonl", "ndjson", "json", "csv", "tsv",
        "txt", "md", "parquet", "xlsx", "xls", "ods", "arrow", "feather", "gz", "zst", "bz", "xz", "zip", "html", "htm", "epub", "pdf",
        "docx", "db", "sqlite", "srt", "vtt",
    )
)  # fmt: skip
_LETTERS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
MAX_VALUE = 60  # characters of a value that names a part


def words_of(text: str) -> list[str]:
    """The words of a name: parted by anything but letters, and where small letters end."""
    return [word.lower() for word in _LETTERS.findall(text)]


def part_of_word(word: str) -> str | None:
    """The part that one word names: "train", "trainset", "训练集"."""
    if word in _OF:
        return _OF[word]
    for ending in _SETS:
        if word.endswith(ending) and (found := _OF.get(word.removesuffix(ending))):
            return found
    if not word.isascii():  # no spaces between words: only with what says that it is a set
        return next((part for name, part in _OF.items() if any(name + one in word for one in _SETS)), None)
    return None


def parts_in(words: Iterable[str]) -> list[tuple[int, str]]:
    """Every part that the words name, with the place of the (last) word that does."""
    known = list(words)
    found = [(place, part) for place, word in enumerate(known) if (part := part_of_word(word))]
    pairs = pairwise(known)
    return found + [(place, TEST) for place, pair in enumerate(pairs, 1) if pair in _HELD]


def furthest(parts: Collection[str]) -> str:
    """Of several parts the one that is kept furthest from training."""
    return max(parts, key=_FURTHER.index)


def part_of_value(value: object) -> str | None:
    """The part that a cell names, whatever its case: "Train", "test_sft", "验证集". None where it names none, or several."""
    if not isinstance(value, str) or len(value) > MAX_VALUE:
        return None
    found = {part for _place, part in parts_in(words_of(value))}
    return found.pop() if len(found) == 1 else None


def settled(part: str, beside: Collection[str]) -> str:
    """What "eval" is beside the other parts; every other part is itself."""
    if part != EVAL:
        return part
    return VAL if TEST in beside and VAL not in beside else TEST
