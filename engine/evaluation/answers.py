"""Held-out questions, answered greedily by the base and by what a job made, and scored."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.data.rows.row import teaches_its_answer
from engine.data.rows.scored_answers import answers_path, write_answers
from engine.data.templates.template import ChatTemplate
from engine.evaluation.sampling import Autocast, Prompt, answer, prompt_of
from engine.evaluation.scores import score_answers
from engine.evaluation.spread import spread
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Interrupted
from engine.training.limits.memory_use import give_back

_BATCH = 16
_FIRST_BATCH = 4  # while nobody knows how long answering takes, and time is short
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


class _Late(Exception):
    """There is no time for the answers that are being made."""


@dataclass(frozen=True)
class AnswerSheet:
    """The questions of one job and what is done with their answers.

    Attributes:
        reporter: writes phases and progress of the job.
        template: chat template and tokenizer that questions were encoded with.
        questions: held-out prompts, each with its expected answer.
        context: tokens that the model holds, question and answer together.
        most: tokens that an answer may have, where other questions decide it than those that are left.
    """

    reporter: Reporter
    template: ChatTemplate
    questions: Sequence[Prompt]
    context: int
    most: int | None = None

    def only(self, places: Sequence[int]) -> AnswerSheet:
        """Some of the questions, whose answers may be as long as before."""
        return replace(self, questions=[self.questions[place] for place in places], most=self.new_tokens)

    @property
    def new_tokens(self) -> int:
        """Tokens that an answer may have: somewhat more than the longest expected one."""
        if self.most is not None:
            return self.most
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
        said = self.ask_until(model, autocast, None, tell)
        return None if said is None else [said[place] for place in range(len(self.questions))]

    def ask_until(
        self, model: Any, autocast: Autocast, latest: float | None, tell: Tell = lambda _share: None
    ) -> dict[int, str] | None:
        """As `ask`, by place of the question: those that are answered at `latest` (monotonic seconds), spread over all."""
        self.reporter.phase("scoring")
        said: dict[int, str] = {}
        with contextlib.suppress(_Enough):
            with contextlib.suppress(_Late):
                self._all_answers(model, autocast, latest, tell, said)
            return said
        return None

    def _all_answers(
        self, model: Any, autocast: Autocast, latest: float | None, tell: Tell, said: dict[int, str]
    ) -> None:
        places = list(range(len(self.questions)))
        first = _BATCH if latest is None else _FIRST_BATCH
        order = sorted(places, key=lambda place: len(self.questions[place].ids)) if latest is None else spread(places)
        while len(said) < len(order):
            began, size = time.monotonic(), _BATCH if said else first
            part = sorted(order[len(said) : len(said) + size], key=lambda place: len(self.questions[place].ids))
            asked, look = [self.questions[place] for place in part], partial(self._heed, latest)
            told = answer(model, asked, self.template, self.context, autocast, self.new_tokens, heed=look)
            said |= zip(part, told, strict=True)
            give_back()  # keys and values of long questions leave holes that a training step fills badly
            tell(len(said) / len(order))
            if latest is not None and time.monotonic() + (time.monotonic() - began) > latest:
                return

    def _heed(self, latest: float | None) -> None:
        self.reporter.heed()
        if latest is not None and time.monotonic() > latest:
            raise _Late
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
