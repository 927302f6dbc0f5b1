"""Metrics, log lines and samples of a job, read by the pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from storage.dialect import not_by_index, several
from storage.job_tables import LogLine, Metric, Sample

Point = tuple[int, float]
LONG = 4_000  # points of a series that are read one by one; of longer ones, the database finds those that draw the line
_PARTS = 4  # of a stretch
_NEAR = 50_000  # numbers of all jobs together, that are looked through quickly
STRETCHES = 740  # a chart has about as many pixels across


@dataclass(frozen=True)
class _Span:
    """What there is of one metric of a job."""

    count: int
    first: int  # step
    last: int  # step


def series_after(s: Session, job_id: int, after: int, stretches: int = STRETCHES) -> tuple[dict[str, list[Point]], int]:
    """The points of every metric with ids beyond `after`, by name and in order of steps, and the newest id.

    Args:
        stretches: of a long series, the first and the last point and the lowest and the highest of so many stretches.
    """
    if after and (few := _few_after(s, job_id, after)) is not None:
        return few
    spans = _spans(s, job_id, after)
    series = {name: _points(s, job_id, name, span, after, stretches) for name, span in spans.items()}
    return series, _newest(s, job_id) if spans else after


def _few_after(s: Session, job_id: int, after: int) -> tuple[dict[str, list[Point]], int] | None:
    """As `series_after`, where not more was written since than can be read at once; else None."""
    newer = select(Metric.id, Metric.name, Metric.step, Metric.value)
    if (
        s.scalar(select(func.max(Metric.id))) or 0
    ) - after < _NEAR:  # by its index, all points of the job would be walked
        newer = newer.where(Metric.id > after, not_by_index(Metric.job_id) == job_id).order_by(Metric.id)
    else:  # by the ids, all that other jobs wrote since would be walked
        newer = newer.where(Metric.job_id == job_id, not_by_index(Metric.id) > after).order_by(not_by_index(Metric.id))
    rows = s.execute(newer.limit(LONG + 1)).all()
    if len(rows) > LONG:
        return None
    series: dict[str, list[Point]] = {}
    for _id, name, step, value in sorted(rows, key=lambda row: row.step):
        series.setdefault(name, []).append((step, value))
    return series, rows[-1].id if rows else after


def _spans(s: Session, job_id: int, after: int) -> dict[str, _Span]:
    mine = (Metric.job_id == job_id, *_beyond(after))
    counted = s.execute(select(Metric.name, func.count()).where(*mine).group_by(Metric.name)).all()
    ends = [func.min(Metric.step), func.max(Metric.step)]
    spans = {}
    for name, count in counted:  # one end at a time: then the index knows it without a walk
        first, last = (s.scalar(select(end).where(*mine, Metric.name == name)) for end in ends)
        spans[name] = _Span(count, first or 0, last or 0)
    return spans


def _newest(s: Session, job_id: int) -> int:
    """The id of the job's latest number."""
    return s.scalar(select(func.max(Metric.id)).where(Metric.job_id == job_id)) or 0


def _beyond(after: int) -> tuple[ColumnElement[bool], ...]:
    return (Metric.id > after,) if after else ()


def _points(s: Session, job_id: int, name: str, span: _Span, after: int, stretches: int) -> list[Point]:
    mine = (Metric.job_id == job_id, Metric.name == name, *_beyond(after))
    wanted = select(Metric.step, Metric.value).where(*mine).order_by(Metric.step)
    if span.count > LONG:
        steps = {span.first, span.last, *_extremes(s, mine, span, stretches)}
        wanted = wanted.where(Metric.step.in_(steps))
    return [(step, value) for step, value in s.execute(wanted)]


def _extremes(s: Session, mine: Sequence[ColumnElement[bool]], span: _Span, stretches: int) -> set[int]:
    """The steps of the lowest and of the highest value of each stretch. The rows themselves stay in the database.

    All rows are walked once, for the numbers of small parts; their steps are then looked for in those parts alone.
    """
    parts = _Parts(mine, span, stretches * _PARTS)
    ends = [json.loads(told) for told in s.scalars(parts.each(several(func.min(Metric.value), func.max(Metric.value))))]
    lowest, highest = set[int](), set[int]()
    for first in range(0, len(ends), _PARTS):
        there = [number for number in range(first, first + _PARTS) if ends[number][0] is not None]
        if there:
            lowest.add(min(there, key=lambda number: ends[number][0]))
            highest.add(max(there, key=lambda number: ends[number][1]))
    low = s.scalars(parts.each(Metric.step, Metric.value, Metric.step, among=lowest))
    high = s.scalars(parts.each(Metric.step, Metric.value.desc(), Metric.step, among=highest))
    return {*low, *high}


@dataclass(frozen=True)
class _Parts:
    """So many parts of the steps of one metric, in order."""

    mine: Sequence[ColumnElement[bool]]
    span: _Span
    count: int

    def each(self, wanted: Any, *order: Any, among: Collection[int] | None = None) -> Select[Any]:
        """One value of each part, or of those with these numbers: of its first row in this order."""
        all_of_them = select(literal(0).label("number")).cte("parts", recursive=True)
        number = all_of_them.c.number
        all_of_them = all_of_them.union_all(select(number + 1).where(number < self.count - 1))
        number, steps = all_of_them.c.number, self.span.last - self.span.first + 1
        begin, end = (self.span.first + (number + more) * steps // self.count for more in (0, 1))
        inside = select(wanted).where(*self.mine, Metric.step >= begin, Metric.step < end).order_by(*order)
        inside = (inside.limit(1) if order else inside).correlate(all_of_them)
        found = select(inside.scalar_subquery()).select_from(all_of_them).order_by(number)
        return found if among is None else found.where(number.in_(among))


def count_of(s: Session, job_id: int) -> int:
    """How many numbers a job has."""
    return s.scalar(select(func.count()).where(Metric.job_id == job_id)) or 0


def series_of(s: Session, job_ids: Iterable[int], name: str) -> dict[int, list[Point]]:
    """One metric of several jobs, by job, in order of steps; of long ones what draws the same line, as in `series_after`."""
    ids = list(job_ids)
    named = (Metric.job_id.in_(ids), Metric.name == name)
    counted = (func.count(), func.min(Metric.step), func.max(Metric.step))
    long = select(Metric.job_id, *counted).where(*named).group_by(Metric.job_id).having(func.count() > LONG)
    found = {job: _points(s, job, name, _Span(*rest), 0, STRETCHES) for job, *rest in s.execute(long).all()}
    short = select(Metric.job_id, Metric.step, Metric.value).where(*named, Metric.job_id.not_in(found))
    for job_id, step, value in s.execute(short.order_by(Metric.job_id, Metric.step)):
        found.setdefault(job_id, []).append((step, value))
    return found


def log_after(s: Session, job_id: int, after: int, limit: int) -> list[LogLine]:
    """Log lines beyond `after`, oldest first; only the last `limit` of them."""
    newer = select(LogLine).where(LogLine.job_id == job_id, LogLine.id > after)
    return list(s.scalars(newer.order_by(LogLine.id.desc()).limit(limit)))[::-1]


def samples_after(s: Session, job_id: int, after: int) -> list[Sample]:
    """Answers to the fixed prompts beyond `after`, oldest first."""
    newer = select(Sample).where(Sample.job_id == job_id, Sample.id > after)
    return list(s.scalars(newer.order_by(Sample.id)))
