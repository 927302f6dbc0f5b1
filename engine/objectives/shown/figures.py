"""Figures of a job's page: which numbers over time are drawn together, in which section, and what a level line means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.text import Text
from engine.objectives.declaration import Chart, Objective

Look = Literal["train", "val", "good", "bad", "good_val", "bad_val", "first", "second"]
SectionKey = Literal["learns", "start", "writes"]


@dataclass(frozen=True)
class Section:
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
class Line:
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
class Level:
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
        level: what the numbers are compared with.
        large: it is what the job is about, and is drawn large.
    """

    key: str
    section: SectionKey
    lines: tuple[Line, ...] = ()
    label: Text | None = None
    help: Text | None = None
    band: str = ""
    each: str = ""
    level: Level | None = None
    large: bool = False

    def metrics(self) -> set[str]:
        """Names of the numbers that it draws, without those of `each`."""
        return {line.metric for line in self.lines} | ({self.band} - {""})


_HERE = "objectives.shown.figures"


def _text(key: str) -> Text:
    return Text(f"{_HERE}.{key}")


def _section(key: SectionKey) -> Section:
    return Section(key, _text(f"section.{key}.label"), _text(f"section.{key}.says"))


def _both(metric: str) -> tuple[Line, ...]:
    """The numbers of training and of held-out rows."""
    return Line(metric, "train", _text("training")), Line(f"val_{metric}", "val", _text("held_out"))


SECTIONS: tuple[Section, ...] = (_section("learns"), _section("start"), _section("writes"))
FIGURES: tuple[Figure, ...] = (
    Figure("reward", "learns", _both("reward"), band="reward_std", large=True),
    Figure("components", "learns", label=_text("components.label"), help=_text("components.help"), each="reward/"),
    Figure("accuracy", "learns", _both("accuracy"), level=Level(0.5, _text("chance"))),
    Figure("margin", "learns", _both("margin")),
    Figure(
        "win_rate",
        "learns",
        (
            Line("val_win_rate", "first", _text("win_rate.greedy")),
            Line("val_win_rate_sampled", "second", _text("win_rate.sampled")),
        ),
        label=_text("win_rate.label"),
        help=_text("win_rate.help"),
        level=Level(0.5, _text("win_rate.level")),
    ),
    Figure(
        "log_probs",
        "start",
        (
            Line("chosen_logp", "good", _text("better")),
            Line("rejected_logp", "bad", _text("worse")),
            Line("val_chosen_logp", "good_val", _text("better.held_out")),
            Line("val_rejected_logp", "bad_val", _text("worse.held_out")),
        ),
        label=_text("log_probs.label"),
        help=_text("log_probs.help"),
    ),
    Figure("kl", "start", _both("kl")),
    Figure("entropy", "start", _both("entropy")),
    Figure("clip_share", "start", _both("clip_share")),
    Figure("value_loss", "start", _both("value_loss")),
    Figure("answer_tokens", "writes", _both("answer_tokens")),
    Figure("ended", "writes", _both("ended")),
    Figure("flat_groups", "writes", _both("flat_groups")),
)


@dataclass(frozen=True)
class Drawn:
    """A figure as a job draws it.

    Attributes:
        figure: which.
        label, help: its title, and what to look at.
    """

    figure: Figure
    label: Text
    help: Text


def figures_of(objective: Objective) -> tuple[list[Drawn], list[Chart]]:
    """The figures that draw what the objective adds, and its charts that stand alone."""
    charts = {chart.key: chart for chart in objective.charts}
    drawn = [found for figure in FIGURES if (found := _drawn(figure, charts)) is not None]
    taken = {metric for one in drawn for metric in one.figure.metrics()}
    each = tuple(one.figure.each for one in drawn if one.figure.each)
    return drawn, [chart for key, chart in charts.items() if key not in taken and not (each and key.startswith(each))]


def _drawn(figure: Figure, charts: Mapping[str, Chart]) -> Drawn | None:
    """The figure with its words; None where the objective has nothing for it."""
    first = next((charts[line.metric] for line in figure.lines if line.metric in charts), None)
    parts = figure.each and any(key == figure.each.rstrip("/") or key.startswith(figure.each) for key in charts)
    label, says = figure.label or (first and first.label), figure.help or (first and first.help)
    return Drawn(figure, label, says) if (first or parts) and label and says else None
