"""Imitating the better answers alone: what plain fine-tuning makes of the rows that preference learns from.

Whoever says that an objective learns from preferences must beat this one, which never sees a worse answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.core.text import Text
from engine.objectives.charts import PERPLEXITY, perplexity_of
from engine.objectives.declaration import Card, Objective, Parts, Row
from engine.objectives.families import PAIRS
from engine.objectives.losses import cross_entropy
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.counts import counts
from engine.objectives.preference.makers import PairMaker, views
from engine.objectives.preference.params import PAIR_RATE, settings_of
from engine.objectives.preference.refusals import without_training

_RATE = replace(PAIR_RATE, help=Text("objectives.better_alone.learning_rate.help"))


class _Best(PairMaker):
    """Rows of pairs or rankings as bundles of their best answer; those that hold no preference are left out, as elsewhere."""

    def add(self, row: Row) -> Iterator[Parts]:
        from engine.data.templates.encoded import Bundle

        for found in super().add(row):
            assert isinstance(found, Bundle)
            place = found.tags.index(max(found.tags))
            yield Bundle(found.prompt, [found.answers[place]], [found.tags[place]], found.weight)


BETTER_ALONE = Objective(
    key="better_alone",
    label=Text("objectives.better_alone.label"),
    tagline=Text("objectives.better_alone.tagline"),
    help=Text("objectives.better_alone.help"),
    params=tuple(_RATE if param.key == _RATE.key else param for param in settings_of()),
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    rare=True,
    control=True,
    mask=lambda _values: MASK,
    examples=_Best,
    views=views,
    counts=counts,
    loss=cross_entropy,
    charts=(PERPLEXITY,),
    validation=perplexity_of,
    refusals=without_training,
    example=Text("objectives.preference.pairs"),
    own=frozenset({"epochs"}),
    learn=Card(
        what=Text("objectives.better_alone.learn.what"),
        data=Text("objectives.better_alone.learn.data"),
        when=Text("objectives.better_alone.learn.when"),
        when_not=Text("objectives.better_alone.learn.when_not"),
        loss="−Σ log p(token of the better answer | question, earlier tokens) ÷ tokens",
        paper="Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155",
    ),
)
