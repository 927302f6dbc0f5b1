"""Supervised fine-tuning: the model learns the answers of conversations, or whole texts, token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.lengths import Counts, LengthIndex
from engine.data.templates.losses import refuses_a_row
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
    from engine.data.templates.template import ChatTemplate

# fmt: off
_OVER_LENGTH = Param(
    key="over_length", kind="choice", default="truncate",
    choices={"truncate": Text("Truncate: cut the end off", "截断：去掉末尾"), "drop": Text("Drop: leave them out", "丢弃：不使用")},
    label=Text("Too long examples", "过长的样本"),
    help=Text("What happens to examples over the limit. The review step shows how many there are.", "超过上限的样本如何处理。检查步骤会显示数量。"),
)

_TRAIN_ON = Param(
    key="train_on", kind="choice", default="assistant",
    choices={"assistant": Text("The answers only", "仅回答"), "all": Text("Everything", "全部内容")},
    label=Text("Train on", "学习内容"),
    help=Text("Answers only: tokens of the question are masked, so the model learns to answer, not to ask.", "仅回答：问题的词元被遮蔽，模型学习回答而不是提问。"),
    usual=Text("the answers only", "仅回答"),
)

_SCORED_ANSWERS = Param(
    key="scored_answers", kind="int", default=0, minimum=0, maximum=500, step=1,
    label=Text("Answers to score at the end", "结束时评分的回答数"),
    help=Text(
        "So many questions of the validation split are answered at the end and compared with the expected answers, for the base too.",
        "结束时回答验证集中的这么多个问题，并与参考答案比较；基座模型也会回答。",
    ),
    usual=Text("0, or 20 to compare methods", "0；比较方法时用 20"),
)
# fmt: on


class _OneByOne:
    """Each row is an example of its own, cut or left out where it is too long."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._values, self._left_out = template, values, left_out

    def add(self, row: Row) -> Iterator[Parts]:
        values = self._values
        try:
            encoded = self._template.encode(row, train_on=values["train_on"], max_length=values["max_length"])
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        if encoded.truncated and values["over_length"] == "drop":
            self._left_out("dropped")
        elif not encoded.trained:
            self._left_out("unlearnable")
        else:
            self._left_out("truncated", int(encoded.truncated))
            self._left_out("skipped_turns", encoded.skipped_turns)
            yield (encoded,)

    def close(self) -> Iterator[Parts]:
        return iter(())


def _counts(index: LengthIndex, values: Values) -> Counts:
    return index.count(int(values["max_length"]), str(values["over_length"]))


_PARAMS: tuple[Param, ...] = (
    EPOCHS, LEARNING_RATE, BATCH_SIZE, MAX_LENGTH, _OVER_LENGTH, _TRAIN_ON, SCHEDULE, WARMUP, WEIGHT_DECAY, MAX_GRAD_NORM,
    OPTIMIZER, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION, EVALUATIONS, _SCORED_ANSWERS, KEEP_CHECKPOINTS, SEED,
)  # fmt: skip

SFT = Objective(
    key="sft",
    label=Text("Supervised fine-tuning", "监督微调"),
    tagline=Text("Learns to answer as your examples do.", "学会像你的样本那样回答。"),
    help=Text(
        "SFT, instruction tuning: each example shows a question and the wanted answer, and the model learns to give that "
        "answer. The usual choice.",
        "SFT，指令微调：每个样本给出问题和想要的回答，模型学习给出这样的回答。最常用的选择。",
    ),
    params=_PARAMS,
    learns_from=frozenset({"chat", "text"}),
    unfit={"preference": "job.dataset_preference", "kto": "job.dataset_kto"},
    mask=lambda values: str(values["train_on"]),
    examples=_OneByOne,
    counts=_counts,
    loss=cross_entropy,
    charts=(PERPLEXITY,),
    validation=perplexity_of,
    learn=Card(
        what=Text(
            "The model sees a question and learns to write the answer that stands in your data, token by token. The question "
            "itself is read but not learnt.",
            "模型读取问题，逐个词元学习写出数据中的回答。问题本身只读取，不作为学习目标。",
        ),
        data=Text(
            "Conversations, questions with answers, or instructions. A few dozen good rows change the style, some hundreds a "
            "task, thousands a field.",
            "对话、问答或指令。几十条好的样本可以改变风格，几百条可以教会一项任务，几千条可以覆盖一个领域。",
        ),
        when=Text(
            "You can show what a good answer looks like: a tone, a format, a task, facts about your own business.",
            "你能给出好回答的样子：语气、格式、某项任务，或你自己业务的知识。",
        ),
        when_not=Text(
            "You only have texts without questions (choose continued pretraining), or only know which of two answers is better.",
            "只有没有问题的文本（请选择继续预训练），或只知道两个回答中哪个更好。",
        ),
        loss="−Σ log p(answer token | question, earlier tokens) ÷ answer tokens",
        paper="Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155",
    ),
)
