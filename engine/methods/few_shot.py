"""Few-shot in-context learning (Brown et al. 2020, arXiv:2005.14165): examples before the question; nothing is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Capabilities, Learn, Method, Model, RunContext, Values


def _apply(model: Model, _values: Values, _run: RunContext) -> Model:
    return model.requires_grad_(False)


def _save(_model: Model, folder: Path, run: RunContext) -> None:
    """The examples that the job has gathered are the result."""
    shutil.copyfile(run.folder / "shots.json", folder / "shots.json")


_NOTHING = Text(
    "it trains nothing: the base answers with examples before the question, so there are no weights to put together",
    "它不训练任何东西：基座模型在问题前看到示例再回答，因此没有可合并的权重",
)
_FEW_SHOT_WHY = {"merge": _NOTHING, "trains": _NOTHING}

FEW_SHOT = Method(
    key="few_shot",
    family="context",
    label=Text("Few-shot examples", "少样本示例（few-shot）"),
    tagline=Text("No training: shows the model examples before each question.", "不训练：每次提问前先给模型看示例。"),
    help=Text(
        "Trains nothing. Examples from your data are put before each question, as many as fit. "
        "The baseline that every tuned model must beat.",
        "不做训练。把数据中的示例放在每个问题之前，能放多少放多少。这是所有微调模型都必须超过的基准。",
    ),
    saves="shots",
    params=(
        Param(
            key="shots",
            kind="int",
            default=0,
            minimum=0,
            maximum=200,
            step=1,
            advanced=False,
            label=Text("Examples", "示例数"),
            help=Text(
                "How many examples are shown before a question; 0 means as many as fit.",
                "每个问题前展示多少个示例；0 表示能放多少放多少。",
            ),
            usual=Text("0, or 3 to 20", "0，或 3 到 20"),
        ),
        Param(
            key="choice",
            kind="choice",
            default="similar",
            choices={
                "similar": Text("Those most like the question", "与问题最相似的"),
                "random": Text("The same ones for every question, drawn at random", "随机抽取，所有问题相同"),
            },
            advanced=False,
            label=Text("Which examples", "选择哪些示例"),
            help=Text(
                "Similar ones are looked up for each question by the characters that they share with it; it works in every language.",
                "相似的示例按与问题共有的字符逐题查找，适用于任何语言。",
            ),
            usual=Text("those most like the question", "与问题最相似的"),
        ),
        Param(
            key="tokens",
            kind="int",
            default=1024,
            minimum=16,
            maximum=131072,
            step=16,
            label=Text("Room for examples", "示例占用上限"),
            unit=Text("tokens", "词元"),
            help=Text(
                "The examples take at most so much of the model's context. More examples make every answer slower.",
                "示例最多占用多少上下文。示例越多，每次回答越慢。",
            ),
            usual=Text("512 to 4,096", "512 到 4,096"),
        ),
    ),
    defaults={"epochs": 1, "evaluations": 1},
    apply=_apply,
    trainable=lambda _shape, _values: 0,
    trainable_source="nothing is trained",
    stored=lambda _shape, _values: 0,
    changed=lambda _shape, _values: 0,
    rank=lambda _shape, _values: None,
    save=_save,
    expected_fall=0.0,
    capabilities=Capabilities(merge=False, toggle=True, batch=True, trains=False, why_not=_FEW_SHOT_WHY),
    notes=(
        Text(
            "The loss does not fall during the job, because nothing is trained: it is measured once without and once with examples.",
            "任务过程中损失不会下降，因为没有训练：只分别测量有示例和无示例时的损失。",
        ),
    ),
    learn=Learn(
        what=Text(
            "In-context learning: the model is shown solved examples before the question and continues in their manner. No number of it changes.",
            "上下文学习：在问题之前给模型看已解答的示例，它会照着样子继续。模型的任何数值都不变。",
        ),
        trains=Text("Nothing", "无"),
        frozen=Text("Everything", "全部"),
        when=Text(
            "To see what training has to beat, or when there are only a handful of examples",
            "想知道训练需要超过什么水平，或只有几个示例时",
        ),
        when_not=Text(
            "Answers must be fast, or there are more examples than the context holds",
            "要求回答快，或示例多到上下文放不下时",
        ),
        strengths=(
            Text("Ready at once", "立即可用"),
            Text("Examples can be exchanged at any time", "示例可随时更换"),
            Text("Forgets nothing", "不会遗忘任何能力"),
        ),
        weaknesses=(
            Text("Every answer reads the examples again, so it is slower", "每次回答都要重新读示例，因此更慢"),
            Text("Uses up the context", "占用上下文"),
            Text("Small models make little of examples", "小模型很难利用示例"),
        ),
        paper="Brown et al. 2020, Language Models are Few-Shot Learners, arXiv:2005.14165",
        formula="0",
    ),
)
