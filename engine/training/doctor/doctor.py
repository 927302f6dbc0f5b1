"""The doctor of one job: hears its numbers and sample answers, and tells each finding once, also over several attempts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.jobs.reporter import Reporter
from engine.rewards import read_rewards
from engine.rewards.total import range_of
from engine.training.doctor.answers import looping, same_answers
from engine.training.doctor.data import one_sided
from engine.training.doctor.declaration import Ailment, History, Rule
from engine.training.doctor.pairs import displaced, saturated
from engine.training.doctor.rewards import cut_short, diverging, flat, hacking_length, narrowing, never_ended
from storage.queries.events import events_after
from storage.queries.metrics import series_after

RULES: tuple[Rule, ...] = (
    one_sided, flat, diverging, hacking_length, cut_short, never_ended, narrowing, displaced, saturated, looping, same_answers,
)  # fmt: skip
_MARK = "doctor_"
_OFTEN, _SELDOM = 200, 10  # steps that are each looked at; of later ones, every tenth
_MOST_EVENTS = 1_000
_log = logging.getLogger(__name__)


def findings(history: History) -> list[Ailment]:
    """What is wrong now."""
    return [found for rule in RULES if (found := rule(history)) is not None]


class Doctor:
    """Listens to a reporter. What it cannot do never costs the job its end.

    Args:
        training: settings of the job's training.
        examples: that it trains on, with their tags where they have some.
    """

    def __init__(self, reporter: Reporter, training: Mapping[str, Any], examples: Any) -> None:
        self._reporter = reporter
        self._told: set[str] = set()
        chosen = read_rewards(training["rewards"]) if "rewards" in training else ()
        highest = range_of(chosen)[1] if chosen else None
        tags = np.asarray(getattr(examples, "tags", ()))
        thumbs = int((tags == 1).sum()), int((tags == 0).sum())
        self.history = History(highest, frozenset(one.reward.key for one in chosen), thumbs)
        self._go_on()
        reporter.witness = self

    def _go_on(self) -> None:
        """What earlier attempts have seen and told."""
        with self._reporter.ctx.db.read() as s:
            series, _newest = series_after(s, self._reporter.job_id, 0)
            events = events_after(s, self._reporter.job_id, 0, _MOST_EVENTS)
        for name, points in series.items():
            self.history.series[name] = [value for _step, value in points]
        self._told = {event.code.removeprefix(_MARK) for event in events if event.code.startswith(_MARK)}

    def metric(self, values: Mapping[str, float | None]) -> None:
        """Hear the numbers of one step."""
        self.history.add(values)

    def sample(self, step: int, index: int, answer: str) -> None:
        """Hear a sample answer."""
        samples = self.history.samples
        if step not in samples:
            for between in sorted(samples)[1:]:
                del samples[between]
        samples[step][index] = answer

    def look(self, step: int) -> None:
        """Tell what is wrong and was not told yet."""
        if step > _OFTEN and step % _SELDOM:
            return
        try:
            new = [one for one in findings(self.history) if one.code not in self._told]
        except (ArithmeticError, ValueError, LookupError):
            _log.exception("The doctor cannot read the numbers")
            return
        for one in new:
            self._told.add(one.code)
            self._reporter.event("warning", _MARK + one.code, step=step, **one.params)
