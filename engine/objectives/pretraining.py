"""Continued pretraining: the model reads plain texts as in its pretraining, with a loss on every token.

Documents are packed into blocks of equal length, and no token is lost: what does not fit goes on in the next block. A
block's documents attend to themselves alone (Krell et al. 2021, arXiv:2107.02027), so no text leaks into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.lengths import Counts, LengthIndex
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.methods.common.declaration import Method, Refusal
from engine.objectives.charts import PERPLEXITY, perplexity_of
from engine.objectives.declaration import Card, LeftOut, Objective, Parts, Row, Values
from engine.objectives.losses import cross_entropy
from engine.objectives.shared_params import (
    BATCH_SIZE,
    CHECKPOINTING,
    DOUBLE_QUANTISATION,
    EPOCHS,
    EVALUATIONS,
    KEEP_CHECKPOINTS,
    LEARNING_RATE,
    MAX_GRAD_NORM,
    MAX_LENGTH,
    OPTIMIZER,
    QUANTISATION,
    SCHEDULE,
    SEED,
    WARMUP,
    WEIGHT_DECAY,
)

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate, Encoded


class _Blocks:
    """Documents one after the other in blocks of `max_length` tokens; the last block of a split is shorter."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._length, self._left_out = template, int(values["max_length"]), left_out
        self._parts: list[Encoded] = []
        self._held = 0  # tokens of `_parts`

    def add(self, row: Row) -> Iterator[Parts]:
        try:
            ids = self._template.encode(row, train_on="all").ids
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        if len(ids) < 2:
            self._left_out("unlearnable")
            return
        start = 0
        while start < len(ids):
            start += self._take(ids[start:])
            if self._held == self._length:
                yield from self.close()

    def _take(self, ids: list[int]) -> int:
        """Put the beginning of what is left of a document into the block; how many tokens that was."""
        from engine.data.templates.template import Encoded

        room = self._length - self._held
        piece, following = ids[:room], ids[room] if len(ids) > room else IGNORED
        if len(piece) > 1 or following != IGNORED:  # the document's last token alone has nothing left to predict
            self._parts.append(Encoded(piece, list(piece), 0, len(piece), following))
            self._held += len(piece)
        return len(piece)

    def close(self) -> Iterator[Parts]:
        if self._parts:
            yield tuple(self._parts)
        self._parts, self._held = [], 0


def _counts(index: LengthIndex, values: Values) -> Counts:
    """All tokens in blocks; each but the first of a document is predicted once."""
    length, tokens, documents = int(values["max_length"]), sum(index.every_length), len(index.every_length)
    blocks, rest = divmod(tokens, length)
    lengths = [length] * blocks + ([rest] if rest else [])
    return Counts(
        rows=round(len(lengths) * index.scale),
        tokens=round(tokens * index.scale),
        trained=round(max(0, tokens - documents) * index.scale),
        lengths=lengths,
        truncated=0,
        dropped=0,
        unlearnable=0,
    )


def _refusals(method: Method) -> Iterator[Refusal]:
    if not method.capabilities.trains:
        yield Refusal("method", "pretraining.no_training", {"method": method.label.as_dict()})


_PARAMS: tuple[Param, ...] = (
    replace(EPOCHS, default=1, usual=Text("1, rarely more than 4", "1，很少超过 4")),
    LEARNING_RATE,
    replace(BATCH_SIZE, usual=Text("8 to 64", "8 到 64")),
    replace(
        MAX_LENGTH,
        default=1024,
        label=Text("Block length", "块长度"),
        help=Text(
            "Documents are packed into blocks of so many tokens. Longer ones go on in the next block; nothing is cut off.",
            "文档被打包成这么多词元的块。更长的文档在下一块继续；不会截断任何内容。",
        ),
        usual=Text("1,024 to 4,096", "1,024 到 4,096"),
    ),
    replace(SCHEDULE, default="cosine"),
    replace(WARMUP, default=0.03),
    replace(WEIGHT_DECAY, default=0.1, usual=Text("0.1", "0.1")),
    MAX_GRAD_NORM, OPTIMIZER, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, KEEP_CHECKPOINTS, SEED,
)  # fmt: skip

PRETRAINING = Objective(
    key="pretraining",
    label=Text("Continued pretraining", "继续预训练"),
    tagline=Text("Reads your texts, as it once read the web.", "阅读你的文本，就像它当初阅读网络一样。"),
    help=Text(
        "Plain texts without questions: manuals, articles, code, a language. Every token is learnt. The model takes up words "
        "and facts of a field; it does not learn to answer by this.",
        "没有问题的纯文本：手册、文章、代码、某种语言。每个词元都会被学习。模型吸收一个领域的用语和知识，但不会因此学会回答。",
    ),
    params=_PARAMS,
    learns_from=frozenset({"text"}),
    mask=lambda _values: "all",
    examples=_Blocks,
    counts=_counts,
    loss=cross_entropy,
    charts=(PERPLEXITY,),
    validation=perplexity_of,
    refusals=_refusals,
    example=Text("blocks of text", "文本块"),
    own=frozenset({"epochs", "max_length", "schedule", "warmup", "weight_decay"}),
    search_lengths=(2048, 1024, 512, 256, 128),
    learn=Card(
        what=Text(
            "The model goes on with what made it in the first place: it predicts each next token of ordinary texts. So it takes "
            "up the words, the style and some of the knowledge of a field.",
            "模型继续最初造就它的训练：预测普通文本的每个下一个词元。由此吸收一个领域的用语、风格和部分知识。",
        ),
        data=Text(
            "Plain texts: one document a row, or files of text, Word, PDF. Useful from about a million tokens; below that, "
            "questions with answers teach more.",
            "纯文本：每行一个文档，或 TXT、Word、PDF 文件。大约一百万词元以上才有用；更少时，问答样本的效果更好。",
        ),
        when=Text(
            "You have many texts of a field or a language that the base model hardly knows. Do it before supervised fine-tuning.",
            "你有大量基座模型不熟悉的领域或语言的文本。先做继续预训练，再做监督微调。",
        ),
        when_not=Text(
            "The model should answer questions or follow a format: that is learnt from answers. It also forgets most by this.",
            "希望模型回答问题或遵循格式：这要从回答中学习。此外，这种训练最容易造成遗忘。",
        ),
        loss="−Σ log p(token | earlier tokens of the document) ÷ tokens",
        paper="Gururangan et al. 2020, Don't Stop Pretraining, arXiv:2004.10964",
    ),
)
