"""Which method suits whom: rules declared over what methods say of themselves, so that a new method can be recommended too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.base_formats import base_format
from engine.core.text import Text
from engine.methods import METHODS
from engine.methods.common.declaration import Method

Goal = Literal["style", "facts", "format", "tasks"]
GOALS: Mapping[Goal, Text] = {
    "style": Text("A tone or style of answering", "回答的语气或风格"),
    "facts": Text("New facts", "新的知识"),
    "format": Text("A fixed format, like labels or JSON", "固定格式，如标签或 JSON"),
    "tasks": Text("Many tasks or customers on one model", "一个模型服务多个任务或客户"),
}
_TOO_FEW = 20
_SHOWABLE = 100
_MUCH = 2_000
_MOST_ADVICE = 2


@dataclass(frozen=True)
class Answers:
    """What the reader said: memory for training, number of examples, what should be trained."""

    memory_mb: float  # that training may take
    examples: int  # rows to train on
    goal: Goal  # key of GOALS


@dataclass(frozen=True)
class Rule:
    """Where `applies`, the first method that `suits` and fits is advised for `reason`.

    Attributes:
        key: its own name.
        applies: whether the answers are such that the rule is asked.
        suits: which methods it can advise.
        reason: shown with the method.
        smallest: among those that suit, the one with the smallest result.
        otherwise: only asked when no method that trains was found before.
    """

    key: str
    applies: Callable[[Answers], bool]
    suits: Callable[[Method], bool]
    reason: Text
    smallest: bool = False
    otherwise: bool = False


@dataclass(frozen=True)
class Advice:
    """A method for the answers, and why."""

    method: Method  # to begin with
    rule: Rule  # that chose it


@dataclass(frozen=True)
class Cost:
    """What a method takes on the reader's model."""

    memory_mb: float  # of training, at the peak
    result_bytes: float  # of the result on disk


def _shows(method: Method) -> bool:
    return not method.capabilities.trains


def _first_choice(method: Method) -> bool:
    return method.family == "low_rank" and method.recommended and not base_format(method.defaults).quantised


def _quantised(method: Method) -> bool:
    return method.recommended and base_format(method.defaults).quantised


def _whole(method: Method) -> bool:
    return method.family == "whole"


def _pocket(method: Method) -> bool:
    return method.saves == "adapter" and method.capabilities.toggle and method.family != "research"


RULES: tuple[Rule, ...] = (
    Rule(
        "too_few",
        lambda a: a.examples < _TOO_FEW,
        _shows,
        Text(
            "With fewer than 20 examples training mostly overfits (learns them by heart). Show them in the prompt first: it costs no training and is the baseline to beat.",
            "样本少于 20 个时，训练基本只是过拟合（死记硬背）。先把它们放进提示里：无需训练，也是微调要超越的基准。",
        ),
    ),
    Rule(
        "format_shown",
        lambda a: a.goal == "format" and a.examples < _SHOWABLE,
        _shows,
        Text(
            "A format can often be shown instead of trained: a few good examples in the prompt may already be enough.",
            "格式往往可以直接示范而不必训练：提示里放几个好样本可能就够了。",
        ),
    ),
    Rule(
        "much_knowledge",
        lambda a: a.goal == "facts" and a.examples >= _MUCH,
        _whole,
        Text(
            "Much new knowledge needs many weights, and all of them fit into this memory. Full fine-tuning holds most (arXiv:2405.09673); it also forgets most, so check old skills.",
            "大量新知识需要改动许多权重，而这里的内存放得下全部。全量微调记得最多（arXiv:2405.09673），但也最容易遗忘，请检查旧能力。",
        ),
    ),
    Rule(
        "many_tasks",
        lambda a: a.goal == "tasks",
        lambda m: _first_choice(m) and m.capabilities.batch,
        Text(
            "One base stays in memory and each task is a small file. Questions for different tasks can be answered in one batch.",
            "内存中只保留一个基座模型，每个任务只是一个小文件；不同任务的问题可以在同一批中回答。",
        ),
    ),
    Rule(
        "tiny_files",
        lambda a: a.goal == "tasks",
        _pocket,
        Text(
            "The smallest result of all that can be switched off: thousands of tasks fit on one disk. It learns less than the first choice.",
            "在可以关闭的方法中结果最小：一块磁盘能存放上千个任务。学到的比首选方法少。",
        ),
        smallest=True,
    ),
    Rule(
        "style",
        lambda a: a.goal == "style",
        _first_choice,
        Text(
            "A style is a small change of the model, and a small add-on holds it. It fits, it is fast, and it can be switched off to compare.",
            "风格只是对模型的小改动，一个小的附加部分就装得下。内存够用、训练快，还能随时关闭做对比。",
        ),
    ),
    Rule(
        "facts",
        lambda a: a.goal == "facts",
        _first_choice,
        Text(
            "Some facts fit into a small add-on if each is asked in several wordings. Take a higher rank when it stops learning.",
            "少量知识装得进一个小的附加部分，前提是每条都用多种问法出现。学不动时调高秩。",
        ),
    ),
    Rule(
        "format",
        lambda a: a.goal == "format",
        _first_choice,
        Text(
            "With this many examples a small add-on learns the format reliably, and the prompt stays short.",
            "有这么多样本时，小的附加部分能可靠地学会格式，提示也可以保持简短。",
        ),
    ),
    Rule(
        "much_data",
        lambda a: a.examples >= _MUCH,
        _whole,
        Text(
            "With this much data and memory, training every weight may gain a little more; the result is a whole model.",
            "数据和内存都这么充足时，训练全部权重可能再好一点；结果是一个完整的模型。",
        ),
    ),
    Rule(
        "quantised",
        lambda _a: True,
        _quantised,
        Text(
            "The model as it is does not fit into this memory; with its frozen weights quantised to 4 bits (QLoRA) it does. That saves memory, not time.",
            "原样的模型放不进这点内存；把冻结的权重量化到 4 位（QLoRA）就可以。节省的是内存，不是时间。",
        ),
        otherwise=True,
    ),
    Rule(
        "mark_to_beat",
        lambda a: a.examples < _MUCH,
        _shows,
        Text(
            "Before you train: put your best examples into the prompt. If that is enough you are done; if not, it is the baseline to beat.",
            "训练之前：把最好的样本放进提示里。如果已经够用就不必训练；如果不够，它就是要超越的基准。",
        ),
    ),
)


def advise(answers: Answers, costs: Mapping[str, Cost], methods: Sequence[Method] = METHODS) -> list[Advice]:
    """The best methods for the answers, best first; empty when nothing fits.

    Args:
        costs: by method; one that is missing does not work on the model.
    """
    fitting = [m for m in methods if m.key in costs and costs[m.key].memory_mb <= answers.memory_mb]
    found: list[Advice] = []
    for rule in RULES:
        if not rule.applies(answers) or (rule.otherwise and any(a.method.capabilities.trains for a in found)):
            continue
        suiting = [m for m in fitting if rule.suits(m)]
        if rule.smallest:
            suiting.sort(key=lambda m: costs[m.key].result_bytes)
        if suiting and suiting[0] not in [advice.method for advice in found]:
            found.append(Advice(suiting[0], rule))
    return found[:_MOST_ADVICE]
