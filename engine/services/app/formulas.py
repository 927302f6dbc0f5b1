"""The words of the cost formulas in Chinese: formulas are declared once, in English."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.core.text import Text

WORDS: Mapping[str, Text] = {
    text.en: text
    for text in (
        Text("all parameters of the model", "模型的全部参数"),
        Text("sum of the outputs of the linear modules", "各线性模块输出数之和"),
        Text("weights of the linear modules", "各线性模块的权重数"),
        Text("numbers of a layer", "每层的数值数"),
        Text("for embeddings and for the head (once if shared)", "（词嵌入与输出头各一份，共享时只算一份）"),
        Text("weights changed in the end", "权重数（最终改变的）"),
        Text("in training", "（训练时）"),
        Text("1, or 2 with biases", "1，有偏置时为 2"),
        Text("feed-forward width", "前馈层宽度"),
        Text("virtual tokens", "虚拟词元数"),
        Text("start rank", "初始秩"),
        Text("top layers", "顶部层数"),
        Text("bottleneck", "瓶颈宽度"),
        Text("vocabulary", "词表大小"),
        Text("weights", "权重数"),
        Text("network", "网络参数"),
        Text("layers", "层数"),
        Text("inputs", "输入数"),
        Text("outputs", "输出数"),
        Text("hidden", "隐藏宽度"),
        Text("blocks", "块数"),
        Text("values", "值的宽度"),
        Text("norms", "归一化个数"),
        Text("width", "宽度"),
        Text("share", "保留比例"),
        Text("block", "块大小"),
        Text("keys", "键的宽度"),
        Text("rank", "秩"),
        Text("size", "编码器宽度"),
    )
}
_PATTERN = re.compile(
    "|".join(rf"(?<![a-z]){re.escape(words)}(?![a-z])" for words in sorted(WORDS, key=len, reverse=True))
)


def formula_in(formula: str, language: str) -> str:
    """A formula with its words in `language`."""
    return _PATTERN.sub(lambda found: WORDS[found.group()].in_(language), formula)
