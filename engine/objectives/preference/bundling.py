"""A prompt and answers to it as tokens, by the same template code that plain fine-tuning and chat use.

The last answer alone is learnt: what was said before it is read, also where the assistant said it. The prompt's tokens are those
of the whole conversation up to where its last answer begins, which are the ones that chat sends (`ChatTemplate.encode_prompt`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.templates.masking import IGNORED
from engine.objectives.declaration import Row, Values

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

Message = Mapping[str, Any]
MASK: Values = {"train_on": "assistant", "teach_end": True}
PARTED, REWRITTEN = "preference.parted", "preference.rewritten"
_PARTED = Text("objectives.preference.bundling.parted")
_REWRITTEN = Text("objectives.preference.bundling.rewritten")
_IN_PART = ("lost_thoughts", "added_ends", "open_ends")


@dataclass
class PromptAnswers:
    """A prompt and answers to it.

    Attributes:
        prompt: tokens.
        answers: tokens of each, with its end mark.
        notes: what was found in them, by the names of `LeftOut`.
    """

    prompt: list[int]
    answers: list[list[int]]
    notes: Counter[str] = field(default_factory=Counter)

    def fitted(self, most: int) -> tuple[PromptAnswers, bool] | None:
        """(the same within so many tokens, whether the prompt's beginning was cut off); None where an answer itself is too long."""
        room = most - max(map(len, self.answers))
        if room >= len(self.prompt):
            return self, False
        return None if room < 1 else (PromptAnswers(self.prompt[-room:], self.answers, self.notes), True)


def answered(
    template: ChatTemplate, prompt: Sequence[Message], answers: Sequence[Sequence[Message]], tools: Any = None
) -> PromptAnswers | None:
    """A conversation with several ends as tokens; None where nothing of an answer can be learnt.

    Args:
        answers: messages of each, of which the last is the assistant's.

    Raises:
        Fault: as `ChatTemplate.encode`; "preference.parted" where answers go apart before their last turn; "preference.rewritten"
            where the template writes the conversation before the answer otherwise for one answer than for another.
    """
    before, lasts = _apart(prompt, answers)
    found = [_ended(template, before, last, tools) for last in lasts]
    taken = [one for one in found if one is not None]
    if len(taken) < len(found):
        return None
    if any(one.prompt != taken[0].prompt for one in taken[1:]):
        raise Fault(REWRITTEN, reason=_REWRITTEN.as_dict())
    if not taken[0].prompt:
        return None
    notes = sum((one.notes for one in taken), Counter[str]())
    return PromptAnswers(taken[0].prompt, [one.answers[0] for one in taken], notes)


def _apart(prompt: Sequence[Message], answers: Sequence[Sequence[Message]]) -> tuple[list[Message], list[Message]]:
    """What all share, and the last turn of each answer."""
    shared = list(answers[0][:-1])
    if any(list(answer[:-1]) != shared for answer in answers[1:]):
        raise Fault(PARTED, reason=_PARTED.as_dict())
    return [*map(_read_only, prompt), *map(_read_only, shared)], [answer[-1] for answer in answers]


def _read_only(message: Message) -> Message:
    """The same, of which nothing is learnt."""
    return {**message, "weight": 0} if message["role"] == "assistant" else message


def conversations(prompt: Sequence[Message], answers: Sequence[Sequence[Message]], tools: Any = None) -> list[Row]:
    """The rows that `answered` has encoded; none where the answers go apart too early."""
    try:
        before, lasts = _apart(prompt, answers)
    except Fault:
        return []
    return [_conversation(before, last, tools) for last in lasts]


def _conversation(before: Sequence[Message], last: Message, tools: Any) -> Row:
    asked = {name: value for name, value in last.items() if name != "weight"}
    row: dict[str, Any] = {"messages": [*before, asked]}
    return row if tools is None else row | {"tools": tools}


def _ended(template: ChatTemplate, before: Sequence[Message], last: Message, tools: Any) -> PromptAnswers | None:
    encoded = template.encode(_conversation(before, last, tools), **MASK)
    learnt = [place for place, label in enumerate(encoded.labels) if label != IGNORED]
    if not learnt or encoded.labels[learnt[0] : learnt[-1] + 1] != encoded.ids[learnt[0] : learnt[-1] + 1]:
        return None
    notes = Counter({name: count for name in _IN_PART if (count := getattr(encoded, name))})
    notes += Counter(cropped_answers=encoded.cropped, control_tokens=int(encoded.controls))
    return PromptAnswers(encoded.ids[: learnt[0]], [encoded.ids[learnt[0] : learnt[-1] + 1]], notes)
