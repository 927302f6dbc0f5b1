"""Written answers with their rewards, as examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from engine.data.templates.encoded import Bundle
from engine.data.templates.template import ChatTemplate
from engine.objectives.online.params import LOW
from engine.objectives.online.prompts import asked_of
from engine.rewards.declaration import Answered
from engine.rewards.total import Scored
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.rollout.decode import WrittenTokens

Row = Mapping[str, Any]


class SaysHowGood(Protocol):
    """What says how good answers are: `engine.rewards.total.OpenRewards` is one."""

    def score(self, batch: Sequence[Answered]) -> Scored:
        """Total and parts of each answer."""


@dataclass(frozen=True)
class Rewarded:
    """Answers with what was said of them.

    Attributes:
        totals: of each answer; NaN where nothing could be said.
        parts: by name of the reward, the same.
        untold: by name of the reward, answers of which it could say nothing.
    """

    totals: Sequence[float]
    parts: Mapping[str, Sequence[float]]
    untold: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"totals": list(self.totals), "parts": dict(self.parts), "untold": dict(self.untold)}


def rewarded(
    scores: SaysHowGood,
    rows: Sequence[Row],
    found: Sequence[WrittenTokens],
    template: ChatTemplate,
    ends: frozenset[int],
    values: Mapping[str, Any],
) -> Rewarded:
    """Have answers scored; those that were cut off get their fixed reward where the settings say so.

    Args:
        rows: that each answer's prompt comes from.
    """
    batch = [
        Answered(asked_of(row), said(one, template, ends), row, one.ended, len(one.ids))
        for row, one in zip(rows, found, strict=True)
    ]
    told = scores.score(batch)
    low = float(values["unfinished_reward"]) if values["unfinished"] == LOW else None
    totals = [
        low if low is not None and not one.ended else _number(total)
        for one, total in zip(found, told.total, strict=True)
    ]
    parts = {name: [_number(one) for one in several] for name, several in told.components.items()}
    return Rewarded(totals, parts, dict(told.untold))


def said(one: WrittenTokens, template: ChatTemplate, ends: frozenset[int]) -> str:
    """The words of an answer, without its end mark."""
    ids = list(one.ids)
    return template.answer_text(ids[:-1] if one.ended and ids[-1] in ends else ids)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def bundles(prompts: Sequence[Example], found: Sequence[WrittenTokens], totals: Sequence[float]) -> list[Example]:
    """An example of each prompt with its answers, in order; answers of which nothing is said are not among them.

    Args:
        found: as many answers for each prompt, one prompt behind the other.
    """
    answers = len(found) // len(prompts)
    made = []
    for number, prompt in enumerate(prompts):
        own = range(number * answers, (number + 1) * answers)
        told = [at for at in own if np.isfinite(totals[at])]
        if not told:
            continue
        bundle = Bundle(prompt.ids.tolist(), [found[at].ids for at in told], [totals[at] for at in told])
        ended = np.asarray([found[at].ended for at in told], np.float32)
        made.append(replace(bundle_example(bundle), place=prompt.place, answer_notes={"ended": ended}))
    return made


def figures_of(found: Sequence[WrittenTokens], told: Rewarded) -> dict[str, float]:
    """Numbers of a set of answers, by the key of a chart."""
    totals = np.asarray(told.totals, np.float64)
    known = totals[np.isfinite(totals)]
    figures: dict[str, float] = defaultdict(float)
    if len(known):
        figures |= {"reward": float(known.mean()), "reward_std": float(known.std())}
    figures["answer_tokens"] = float(np.mean([len(one.ids) for one in found]))
    figures["ended"] = float(np.mean([one.ended for one in found]))
    for name, several in told.parts.items():
        numbers = np.asarray(several, np.float64)
        if np.isfinite(numbers).any():
            figures[f"reward/{name}"] = float(np.nanmean(numbers))
    return dict(figures)
