"""Figures of a job's page: which numbers over time are drawn together, in which section, and what a level line means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.text import Text
from engine.objectives.declaration import Chart, Objective
from engine.rewards import reward_names

Look = Literal["train", "val", "val_more", "good", "bad", "good_val", "bad_val", "first", "second"]
SectionKey = Literal["learns", "start", "writes"]


@dataclass(frozen=True)
class FigureSection:
    """A group of figures under one heading.

    Attributes:
        key: name in pages.
        label: its heading.
        says: one line below it.
    """

    key: SectionKey
    label: Text
    says: Text


@dataclass(frozen=True)
class FigureLine:
    """One line of a figure.

    Attributes:
        metric: name of the numbers.
        look: colour and stroke, by what it means.
        label: in the legend.
    """

    metric: str
    look: Look
    label: Text


@dataclass(frozen=True)
class FigureLevel:
    """A level line that numbers are compared with.

    Attributes:
        value: where it lies.
        label: what it means.
    """

    value: float
    label: Text


@dataclass(frozen=True)
class Figure:
    """Numbers over time that are drawn together.

    Attributes:
        key: name; that of the first line's numbers where it tells of them alone.
        section: under which heading.
        lines: in the order of the legend.
        label, help: its title and what to look at; None: those of the chart of the first line.
        band: metric that is drawn as a band around the first line, so far above and below.
        each: one line more for each metric that begins with this, named by the rest.
        parts: spec of a job -> names for people of those rests.
        level: what the numbers are compared with.
        large: it is what a job is about that has its band, and is drawn large.
        beside: drawn where the objective has this chart.
    """

    key: str
    section: SectionKey
    lines: tuple[FigureLine, ...] = ()
    label: Text | None = None
    help: Text | None = None
    band: str = ""
    each: str = ""
    parts: Callable[[Mapping[str, Any]], Mapping[str, Text]] = lambda _spec: {}
    level: FigureLevel | None = None
    large: bool = False
    beside: str = ""


def _both(metric: str) -> tuple[FigureLine, ...]:
    """The numbers of training and of held-out rows."""
    return FigureLine(metric, "train", Text("services.jobs.figures.training")), FigureLine(
        f"val_{metric}", "val", Text("services.jobs.figures.held_out")
    )


SECTIONS: tuple[FigureSection, ...] = (
    FigureSection(
        "learns",
        Text("services.jobs.figures.section.learns.label"),
        Text("services.jobs.figures.section.learns.says"),
    ),
    FigureSection(
        "start",
        Text("services.jobs.figures.section.start.label"),
        Text("services.jobs.figures.section.start.says"),
    ),
    FigureSection(
        "writes",
        Text("services.jobs.figures.section.writes.label"),
        Text("services.jobs.figures.section.writes.says"),
    ),
)
FIGURES: tuple[Figure, ...] = (
    Figure(
        "reward",
        "learns",
        (
            *_both("reward"),
            FigureLine("val_reward_sampled", "val_more", Text("services.jobs.figures.held_out.sampled")),
        ),
        band="reward_std",
        large=True,
    ),
    Figure(
        "components",
        "learns",
        label=Text("services.jobs.figures.components.label"),
        help=Text("services.jobs.figures.components.help"),
        each="reward/",
        parts=reward_names,
        beside="reward_std",
    ),
    Figure("accuracy", "learns", _both("accuracy"), level=FigureLevel(0.5, Text("services.jobs.figures.chance"))),
    Figure("margin", "learns", _both("margin")),
    Figure("preference_loss", "learns", _both("preference_loss")),
    Figure(
        "win_rate",
        "learns",
        (
            FigureLine("val_win_rate", "first", Text("services.jobs.figures.win_rate.greedy")),
            FigureLine("val_win_rate_sampled", "second", Text("services.jobs.figures.win_rate.sampled")),
        ),
        label=Text("services.jobs.figures.win_rate.label"),
        help=Text("services.jobs.figures.win_rate.help"),
        level=FigureLevel(0.5, Text("services.jobs.figures.win_rate.level")),
    ),
    Figure(
        "log_probs",
        "start",
        (
            FigureLine("chosen_logp", "good", Text("services.jobs.figures.better")),
            FigureLine("rejected_logp", "bad", Text("services.jobs.figures.worse")),
            FigureLine("val_chosen_logp", "good_val", Text("services.jobs.figures.better.held_out")),
            FigureLine("val_rejected_logp", "bad_val", Text("services.jobs.figures.worse.held_out")),
        ),
        label=Text("services.jobs.figures.log_probs.label"),
        help=Text("services.jobs.figures.log_probs.help"),
    ),
    Figure(
        "rises",
        "start",
        (
            FigureLine("good_rise", "good", Text("services.jobs.figures.thumbs_up")),
            FigureLine("bad_rise", "bad", Text("services.jobs.figures.thumbs_down")),
            FigureLine("val_good_rise", "good_val", Text("services.jobs.figures.thumbs_up.held_out")),
            FigureLine("val_bad_rise", "bad_val", Text("services.jobs.figures.thumbs_down.held_out")),
        ),
        label=Text("services.jobs.figures.rises.label"),
        help=Text("services.jobs.figures.rises.help"),
    ),
    Figure("kl", "start", _both("kl")),
    Figure("kl_coef", "start", _both("kl_coef")),
    Figure("entropy", "start", _both("entropy")),
    Figure("clip_share", "start", _both("clip_share")),
    Figure("value_loss", "start", _both("value_loss")),
    Figure("explained_variance", "start", _both("explained_variance")),
    Figure("answer_tokens", "writes", _both("answer_tokens")),
    Figure(
        "longer_higher", "writes", _both("longer_higher"), level=FigureLevel(0.5, Text("services.jobs.figures.either"))
    ),
    Figure("ended", "writes", _both("ended")),
    Figure("flat_groups", "writes", _both("flat_groups")),
)


@dataclass(frozen=True)
class DrawnFigure:
    """A figure as a job draws it.

    Attributes:
        figure: which.
        label, help: its title, and what to look at.
        large: it is what the job is about.
    """

    figure: Figure
    label: Text
    help: Text
    large: bool


def figures_of(objective: Objective) -> list[DrawnFigure]:
    """The figures that draw what the objective adds; its other charts stand alone."""
    charts = {chart.key: chart for chart in objective.charts}
    return [found for figure in FIGURES if (found := _drawn(figure, charts)) is not None]


def _drawn(figure: Figure, charts: Mapping[str, Chart]) -> DrawnFigure | None:
    """The figure with its words; None where the objective has nothing for it."""
    first = next((charts[line.metric] for line in figure.lines if line.metric in charts), None)
    label, says = figure.label or (first and first.label), figure.help or (first and first.help)
    large = figure.large and figure.band in charts
    return DrawnFigure(figure, label, says, large) if (first or figure.beside in charts) and label and says else None
