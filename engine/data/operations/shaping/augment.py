"""More training rows from those that are there: the user's turns in other words, the answers untouched."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.noise import noisy
from engine.data.operations.shaping.openings import another_opening, has_opening
from engine.data.operations.shaping.paraphrase import HOLE, can_paraphrase, paraphrased
from engine.data.operations.shaping.settings import PERCENT, SEED, fraction, share
from engine.data.operations.shaping.synthetic import EVERY, variants

_KINDS = ("chat", "preference", "kto")


def _openings(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    yield from variants(source, values, "openings", another_opening, fits=has_opening)


def _noise(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    kinds, strength = list(values["kinds"]), fraction(values, "strength")

    def change(text: str, dice: random.Random) -> str | None:
        return noisy(text, kinds, strength, dice)

    def fits(text: str) -> bool:
        return noisy(text, kinds, strength, random.Random(0)) is not None

    yield from variants(source, values, "noise", change, fits=fits, pick=EVERY)


def _paraphrase(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    ways, own = values["ways"], wordings_in(values["own"])

    def change(text: str, dice: random.Random) -> str | None:
        return paraphrased(text, ways, own, dice)

    yield from variants(source, values, "paraphrase", change, fits=lambda text: can_paraphrase(text, ways))


def wordings_in(text: str | None) -> tuple[str, ...]:
    """The user's own wordings, one a line (or between "|"). Raises Fault where one has no {question}."""
    lines = [line.strip() for part in (text or "").splitlines() for line in part.split("|")]
    found = tuple(line for line in dict.fromkeys(lines) if line)
    for line in found:
        if HOLE not in line:
            raise Fault("data.shape.no_hole", wording=line[:80])
    return found


def _copies(most: int) -> Param:
    return Param(
        "copies",
        "int",
        1,
        Text("New rows for each", "每行生成几行"),
        Text("How many other wordings a row gets; fewer where there are not so many.", "每行得到多少种其他说法；说法不够时会少一些。"),
        usual=Text("1 to 3", "1 到 3"),
        minimum=1,
        maximum=most,
        advanced=False,
    )  # fmt: skip


_SHARE = share(
    Text("Of the training rows", "训练行的比例"),
    Text(
        "Share of those rows that can be changed so; chosen by the seed.",
        "在可以这样改写的训练行中取多少，按随机种子挑选。",
    ),
    100.0,
)
_OWN = Param(
    "own",
    "text",
    None,
    Text("Wordings of your own", "自定义说法"),
    Text(
        "Each holds {question} where the question goes; separate them by |. They replace the built-in frames.",
        "每条都用 {question} 表示问题的位置，多条之间用 | 分隔。填写后将取代内置的说法。",
    ),
    usual=Text("Please answer: {question} | A customer asks: {question}", "请回答：{question} | 顾客问：{question}"),
    optional=True,
)
_WAYS = Param(
    "ways",
    "choice",
    "both",
    Text("What changes", "改变什么"),
    Text("Known questions are turned round (\"What is the price of X?\" becomes \"How much is X?\"); a frame puts polite words around the question.", "熟悉的问句会换个问法（“X的价格是多少？”变成“X多少钱？”）；外框则在问题前后加上客套话。"),
    choices={
        "both": Text("either of both", "两种都用"),
        "patterns": Text("the question is turned round", "换个问法"),
        "frames": Text("words around it", "加上前后语"),
    },
)  # fmt: skip
_SLIPS = Param(
    "kinds",
    "multi",
    ["typo", "swap", "marks", "lower"],
    Text("Slips", "哪些笔误"),
    Text("What may happen to the user's words.", "用户的话里可能出现哪些情况。"),
    choices={
        "typo": Text("a neighbouring key", "按错相邻的键"),
        "swap": Text("two letters swapped", "两个字母（字）颠倒"),
        "marks": Text("a mark left out", "漏掉标点"),
        "lower": Text("small letters only", "全部小写"),
        "sound": Text("a Chinese character that sounds or looks alike", "音近、形近的汉字"),
    },
    advanced=False,
)
_STRENGTH = Param(
    "strength",
    "float",
    10.0,
    Text("How much", "多少"),
    Text("Share of the words that get a slip. At least one does.", "出现笔误的词所占比例，至少有一处。"),
    usual=Text("5 to 15", "5 到 15"),
    minimum=1,
    maximum=50,
    unit=PERCENT,
)

AUGMENT = (
    Operation(
        "paraphrase",
        "augment",
        Text("Ask in other words (paraphrase)", "换种问法"),
        Text("Adds training rows in which the question is put differently and the answer stays: the model learns what is meant, not how it was typed.", "增加一些训练行：问法不同，答案不变，让模型学会意思而不是死记问法。"),
        _paraphrase,
        (_copies(5), _SHARE, _WAYS, _OWN, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "openings",
        "augment",
        Text("Swap polite openings", "换客套开头"),
        Text("Adds training rows that begin with another opening of the same courtesy: \"Please tell me\" becomes \"Could you tell me ...?\".", "增加一些训练行，只换礼貌程度相当的开头，例如“请告诉我”换成“麻烦告诉我”。"),
        _openings,
        (_copies(3), _SHARE, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "noise",
        "augment",
        Text("Add typos to questions", "给问题加入笔误"),
        Text("Adds training rows in which the user mistypes, as real ones do. Answers, numbers, addresses and code stay untouched.", "增加一些用户打错字的训练行，就像真实用户那样。答案、数字、网址和代码保持不变。"),
        _noise,
        (_SLIPS, _STRENGTH, _copies(3), _SHARE, SEED),
        kinds=_KINDS,
    ),
)  # fmt: skip
