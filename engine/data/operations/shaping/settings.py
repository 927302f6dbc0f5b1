"""Settings that several operations share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.shaping.row_table import ANSWER, FILE

PERCENT = Text("%", "%")
ROWS = Text("rows", "行")

SEED = Param(
    "seed",
    "int",
    None,
    Text("Seed", "随机种子"),
    Text(
        "The same number chooses the same rows again. Empty: the data set's own.",
        "同一个数字总是选出同样的行。留空则使用数据集自己的种子。",
    ),
    minimum=0,
    maximum=2**31 - 1,
    optional=True,
)
VAL = Param(
    "val",
    "float",
    10.0,
    Text("Validation", "验证集"),
    Text(
        "Share of the rows in the validation split: held out to see, while training, whether the model learns or overfits (only memorises).",
        "验证集所占比例：训练时用它们判断模型是真的学会了，还是过拟合（死记硬背）。",
    ),
    usual=Text("10", "10"),
    minimum=0,
    maximum=90,
    unit=PERCENT,
    advanced=False,
)
TEST = Param(
    "test",
    "float",
    0.0,
    Text("Test", "测试集"),
    Text(
        "Share of the test split: no training and no choice ever looks at it, for one last honest score.",
        "测试集所占比例：训练和调参都不看，只用于最后一次客观评分。",
    ),
    usual=Text("0 to 10", "0 到 10"),
    minimum=0,
    maximum=90,
    unit=PERCENT,
    advanced=False,
)
NEAREST = Param(
    "nearest",
    "bool",
    False,
    Text("Take the nearest share", "取最接近的比例"),
    Text(
        "When the share cannot be met, go on with the nearest one instead of stopping with a message.",
        "比例无法满足时，不停下来提示，而是直接采用最接近的比例。",
    ),
)


def column(label: Text, help_: Text, *, or_answer: bool = False) -> Param:
    """A column of the data set's rows; with `or_answer`, also the answer itself (which is the default) or the file."""
    choices = {ANSWER: Text("the answer itself", "答案本身"), FILE: Text("the file it came from", "来自哪个文件")}
    return Param(
        "column",
        "choice",
        ANSWER if or_answer else None,
        label,
        help_,
        choices=choices if or_answer else {},
        source="column",
        advanced=False,
    )


def dataset(label: Text, help_: Text) -> Param:
    """Another data set."""
    return Param("dataset", "choice", None, label, help_, source="dataset", advanced=False)


def share(label: Text, help_: Text, default: float, most: float = 100) -> Param:
    """A share of the training rows, in percent."""
    return Param(
        "share", "float", default, label, help_, minimum=0.1, maximum=most, unit=PERCENT, advanced=False
    )  # fmt: skip


def fraction(values: Mapping[str, Any], key: str) -> float:
    """A percentage as a fraction of 1."""
    return float(values[key]) / 100


def repeats(minimum: int) -> Param:
    """How often one row may stand in the new version."""
    return Param(
        "repeats",
        "int",
        10,
        Text("Each row at most", "每行最多重复"),
        Text(
            "A row that is seen much more often is overfitted (learnt by heart).",
            "同一行出现太多次，模型会过拟合（死记硬背）。",
        ),
        usual=Text("up to 10", "不超过 10"),
        minimum=minimum,
        maximum=1000,
        unit=Text("times", "次"),
    )
