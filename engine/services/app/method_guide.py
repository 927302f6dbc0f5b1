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
    "style": Text("services.app.method_guide.goals.style"),
    "facts": Text("services.app.method_guide.goals.facts"),
    "format": Text("services.app.method_guide.goals.format"),
    "tasks": Text("services.app.method_guide.goals.tasks"),
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
        Text("services.app.method_guide.too_few.reason"),
    ),
    Rule(
        "format_shown",
        lambda a: a.goal == "format" and a.examples < _SHOWABLE,
        _shows,
        Text("services.app.method_guide.format_shown.reason"),
    ),
    Rule(
        "much_knowledge",
        lambda a: a.goal == "facts" and a.examples >= _MUCH,
        _whole,
        Text("services.app.method_guide.much_knowledge.reason"),
    ),
    Rule(
        "many_tasks",
        lambda a: a.goal == "tasks",
        lambda m: _first_choice(m) and m.capabilities.batch,
        Text("services.app.method_guide.many_tasks.reason"),
    ),
    Rule(
        "tiny_files",
        lambda a: a.goal == "tasks",
        _pocket,
        Text("services.app.method_guide.tiny_files.reason"),
        smallest=True,
    ),
    Rule(
        "style",
        lambda a: a.goal == "style",
        _first_choice,
        Text("services.app.method_guide.style.reason"),
    ),
    Rule(
        "facts",
        lambda a: a.goal == "facts",
        _first_choice,
        Text("services.app.method_guide.facts.reason"),
    ),
    Rule(
        "format",
        lambda a: a.goal == "format",
        _first_choice,
        Text("services.app.method_guide.format.reason"),
    ),
    Rule(
        "much_data",
        lambda a: a.examples >= _MUCH,
        _whole,
        Text("services.app.method_guide.much_data.reason"),
    ),
    Rule(
        "quantised",
        lambda _a: True,
        _quantised,
        Text("services.app.method_guide.quantised.reason"),
        otherwise=True,
    ),
    Rule(
        "mark_to_beat",
        lambda a: a.examples < _MUCH,
        _shows,
        Text("services.app.method_guide.mark_to_beat.reason"),
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
