"""The lines of a job's charts: read from the database once, then only what was added."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.jobs.downsample import MOST_POINTS, thinned
from storage.queries import metrics

Series = dict[str, list[metrics.Point]]
_MOST_JOBS = 16
_DRAWN_FROM = 4 * MOST_POINTS  # points that are kept of a line
_KEPT_FROM = 20_000  # numbers of a job; of fewer, reading them takes no time


@dataclass(frozen=True)
class _Lines:
    attempt: int
    count: int  # of the numbers that they were drawn from
    newest: int  # id of the last of them
    series: Series


class Curves:
    """Keeps the lines of the jobs with very many numbers that were looked at last; all others are read each time.

    A number that was measured again at the same step is seen once its job begins another attempt or is forgotten here.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, _Lines] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, s: Session, job_id: int, attempt: int) -> tuple[Series, int]:
        """Every metric by name, long ones thinned, and the newest id."""
        with self._lock:
            kept = self._kept.get(job_id)
        lines = self._grown(s, job_id, attempt, kept) or self._read(s, job_id, attempt)
        if lines.count >= _KEPT_FROM:
            self._keep(job_id, lines)
        return {name: thinned(points) for name, points in lines.series.items()}, lines.newest

    def _read(self, s: Session, job_id: int, attempt: int) -> _Lines:
        series, newest = metrics.series_after(s, job_id, 0)
        count = sum(map(len, series.values()))
        return _Lines(attempt, metrics.count_of(s, job_id) if count > MOST_POINTS else count, newest, series)

    def _grown(self, s: Session, job_id: int, attempt: int, kept: _Lines | None) -> _Lines | None:
        """What was kept with what came since; None where some of it is not there any more."""
        if kept is None or kept.attempt != attempt:
            return None
        more, newest = metrics.series_after(s, job_id, kept.newest)
        count = metrics.count_of(s, job_id)
        if count != kept.count + sum(map(len, more.values())):
            return None
        names = kept.series.keys() | more.keys()
        whole = {name: sorted([*kept.series.get(name, []), *more.get(name, [])]) for name in sorted(names)}
        return _Lines(attempt, count, newest, {name: thinned(points, _DRAWN_FROM) for name, points in whole.items()})

    def _keep(self, job_id: int, lines: _Lines) -> None:
        with self._lock:
            self._kept[job_id] = lines
            self._kept.move_to_end(job_id)
            while len(self._kept) > _MOST_JOBS:
                self._kept.popitem(last=False)
