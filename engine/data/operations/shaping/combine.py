"""Older lessons repeated, and a validation (or test) split that is a data set of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.mixing import MIX
from engine.data.operations.shaping.others import chosen_dataset, moved, other_part, trainable
from engine.data.operations.shaping.portions import lowest, shuffled
from engine.data.operations.shaping.row_table import OUT, SIDES, TRAIN, VAL, read_row_table, seed_of, settled
from engine.data.operations.shaping.settings import NEAREST, SEED, dataset, fraction, share


def _replay(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    part = other_part(source, chosen_dataset(values))
    table = read_row_table(source)
    own = int(table.train.sum())
    known = np.unique(np.concatenate([table.marks, part.table.marks[~part.table.train]]))
    usable = np.flatnonzero(trainable(part.table, known))
    part_of_all = fraction(values, "share")
    wanted = max(1, round(own * part_of_all / (1 - part_of_all)))
    if len(usable) < wanted and not (values["nearest"] and len(usable)):
        reachable = round(100 * len(usable) / max(1, own + len(usable)), 1)
        raise Fault(
            "data.shape.replay_share", name=part.source.name, rows=len(usable), wanted=wanted, percent=reachable
        )
    times = np.zeros(len(part.table), dtype=np.int64)
    rank = shuffled(part.table.ids[usable].astype(np.uint64), seed_of(source, values))
    times[usable[lowest(rank, wanted)]] = 1
    yield from source.rows()
    yield from moved(part, source, times, "replay")


def _own_file(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    part = other_part(source, chosen_dataset(values))
    table = read_row_table(source)
    side = SIDES.index(values["side"])
    sides = table.sides.copy()
    sides[table.sides == side] = TRAIN if values["rest"] == "train" else OUT
    sides[(sides == TRAIN) & np.isin(table.marks, part.table.marks)] = OUT
    if not (sides[~table.synthetic] == TRAIN).any():
        raise Fault("data.shape.all_in_other", name=part.source.name)
    yield from settled(source, table, sides)
    for row in moved(part, source, (~part.table.synthetic).astype(np.int64), "own_file"):
        yield row | {"split": SIDES[side]}


_SIDE = Param(
    "side",
    "choice",
    SIDES[VAL],
    Text("It becomes", "用作"),
    Text("What the other data set is used for.", "另一个数据集的用途。"),
    choices={"val": Text("validation", "验证集"), "test": Text("test", "测试集")},
    advanced=False,
)
_REST = Param(
    "rest",
    "choice",
    "train",
    Text("Rows held out so far", "原来留出的行"),
    Text("What becomes of the rows that are in this part now.", "这一部分现有的行如何处理。"),
    choices={"train": Text("train on them", "放入训练集"), "drop": Text("leave them out", "去掉")},
)
_OLD = dataset(Text("Older data set", "旧数据集"), Text("What the model was taught before and is not to forget.", "模型以前学过、不希望忘记的内容。"))  # fmt: skip
_FILE = dataset(Text("Data set", "数据集"), Text("Its rows are held out here, whatever part they are in there.", "它的所有行都会在这里留出，不管在原数据集中属于哪一部分。"))  # fmt: skip

OWN_FILE = Operation(
    "split_own_file",
    "split",
    Text("Another data set", "使用另一个数据集"),
    Text("Another data set becomes the validation or the test. Rows that are equal to one of it are no longer trained on.", "把另一个数据集用作验证集或测试集；与其中内容相同的行不再参与训练。"),
    _own_file,
    (_FILE, _SIDE, _REST),
)  # fmt: skip
COMBINE = (
    MIX,
    Operation(
        "replay",
        "combine",
        Text("Replay an older data set", "重放旧数据（replay）"),
        Text("Adds training rows of an older data set, so that the model does not forget it (catastrophic forgetting): with 30 % of them the loss on the old task stayed at 0.47, without it rose to 1.25 (measured on a small model).", "加入旧数据集的训练行，避免模型遗忘（灾难性遗忘）：加入 30% 时旧任务的损失保持在 0.47，不加则升到 1.25（小模型实测）。"),
        _replay,
        (
            _OLD,
            share(Text("Share of older rows", "旧数据占比"), Text("Of all training rows afterwards.", "在之后全部训练行中的比例。"), 30.0, most=90),
            SEED,
            NEAREST,
        ),
    ),
)  # fmt: skip
