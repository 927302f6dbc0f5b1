"""Held-out questions, answered greedily by the base and by what a job made, and scored."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.rows.row import teaches_its_answer
from engine.data.rows.scored_answers import answers_path, write_answers
from engine.data.templates.template import ChatTemplate
from engine.evaluation.sampling import Autocast, Prompt, answer, prompt_of
from engine.evaluation.scores import score_answers
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Interrupted

_BATCH = 16
_FEWEST, _MOST = 16, 256  # tokens of an answer
_SPARE = 8
Tell = Callable[[float], None]


def held_out_questions(rows: Iterable[Mapping[str, Any]], template: ChatTemplate, count: int) -> list[Prompt]:
    """At most `count` questions with an expected answer, evenly spread over held-out rows."""
    wanted = (row for row in rows if teaches_its_answer(row))
    found = [one for row in wanted if (one := prompt_of(row, template)) is not None and one.expected] if count else []
    if len(found) <= count:
        return found
    return [found[place * len(found) // count] for place in range(count)]


class _Enough(Exception):
    """The user wants the job to end, with what it has."""


@dataclass(frozen=True)
class AnswerSheet:
    """The questions of one job and what is done with their answers.

    Attributes:
        reporter: writes phases and progress of the job.
        template: chat template and tokenizer that questions were encoded with.
        questions: held-out prompts, each with its expected answer.
        context: tokens that the model holds, question and answer together.
    """

    reporter: Reporter
    template: ChatTemplate
    questions: Sequence[Prompt]
    context: int

    @property
    def new_tokens(self) -> int:
        """Tokens that an answer may have: somewhat more than the longest expected one."""
        longest = max(
            self.template.token_counts([f"{one.thought}{one.expected or ''}" for one in self.questions], special=True),
            default=0,
        )
        return min(max(longest + _SPARE, _FEWEST), _MOST, max(1, self.context // 2))

    def ask(self, model: Any, autocast: Autocast, tell: Tell = lambda _share: None) -> list[str] | None:
        """One greedy answer a question; None when the user wants the job to end now.

        Args:
            tell: hears, after each part of them, which share is answered.

        Raises:
            Cancelled, StoppedEarly, Interrupted: the job must end without a result, or go on later.
        """
        self.reporter.phase("scoring")
        with contextlib.suppress(_Enough):
            return self._all_answers(model, autocast, tell)
        return None

    def _all_answers(self, model: Any, autocast: Autocast, tell: Tell) -> list[str]:
        order = sorted(range(len(self.questions)), key=lambda place: len(self.questions[place].ids))
        most, said = self.new_tokens, dict[int, str]()
        for first in range(0, len(order), _BATCH):
            part = order[first : first + _BATCH]
            asked = [self.questions[place] for place in part]
            told = answer(model, asked, self.template, self.context, autocast, most, heed=self._heed)
            said |= zip(part, told, strict=True)
            tell(len(said) / len(order))
        return [said[place] for place in range(len(order))]

    def _heed(self) -> None:
        self.reporter.heed()
        if self.reporter.interrupted:
            raise Interrupted
        if self.reporter.requested() == "stop":
            raise _Enough

    def close(self, base: Sequence[str] | None, answers: Sequence[str] | None) -> dict[str, Any] | None:
        """Keep the answers beside the job's log, and score them.

        Returns:
            the scores as `Scores.as_result` says, for the job's result; None where nothing can be scored.
        """
        if answers is None or (scores := score_answers(self.questions, answers)) is None:
            return None
        before = score_answers(self.questions, base) if base is not None else None
        rows = (
            {"question": one.text, "expected": one.expected, "base": base[place] if base else None, "answer": said}
            for place, (one, said) in enumerate(zip(self.questions, answers, strict=True))
        )
        write_answers(answers_path(self.reporter.ctx.settings.home, self.reporter.job_id), rows)
        return scores.as_result(before)
