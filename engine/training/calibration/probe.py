"""One probe: its deadline, what it has read until now, and how its job ends. Light: the deadline counts before torch is imported."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.jobs.reporter import Reporter
from engine.jobs.spec import JobSpec

if TYPE_CHECKING:
    from engine.training.calibration.probe_clock import Readings

LIMIT_S = 60.0
_OUTSIDE_S = 2.0  # of the limit: the process begins and ends
_WIND_UP, _MOST_WIND_UP_S = 0.15, 5.0  # share of the limit between the gentle end and the hard one
_NEEDED_FOR_MORE = 0.35  # of the time must be left to measure more than steps


@dataclass(frozen=True)
class Deadline:
    """Monotonic seconds: `gentle` ends measuring, `hard` the process."""

    began: float  # when the probe began
    gentle: float  # what is being measured is given up
    hard: float  # the process ends whatever it does

    @classmethod
    def of(cls, limit_s: float, began: float) -> Deadline:
        """The ends of a probe that began then."""
        hard = began + max(0.5, limit_s - _OUTSIDE_S)
        return cls(began, hard - min(_MOST_WIND_UP_S, _WIND_UP * limit_s), hard)

    @property
    def allows_more(self) -> bool:
        """Whether there is time to measure more than steps."""
        return time.monotonic() < self.gentle - _NEEDED_FOR_MORE * (self.gentle - self.began)


@dataclass
class Probe:
    """One measurement. `readings` are there as soon as the rows are read, `keep` writes the correction that they make."""

    ctx: Context  # settings and database
    spec: JobSpec  # of the job that is measured for
    reporter: Reporter  # of the probe's own job
    deadline: Deadline  # its time limit
    readings: Readings | None = None  # None until the rows are read

    def __post_init__(self) -> None:
        self._ending = threading.Lock()

    def folder(self, name: str = "") -> Path:
        """A folder of its own, gone at the end."""
        return self.ctx.settings.folder("jobs", str(self.reporter.job_id), *filter(None, [name]))

    def result(self) -> dict[str, Any]:
        """What was measured until now."""
        spent = {"spent_s": round(time.monotonic() - self.deadline.began, 1)}
        return spent | (self.readings.as_dict() if self.readings else {"code": "nothing", "steps": 0})

    def end(self) -> None:
        """Write what was measured; a probe that measured nothing has failed, and says after how long."""
        result = self.result()
        if result.get("tokens_per_s"):
            return self.finish("succeeded", result)
        return self.finish("failed", result, Fault("probe.nothing", seconds=result["spent_s"]).as_dict())

    def finish(self, status: str, result: dict[str, Any] | None = None, error: CodedMessage | None = None) -> None:
        """Write the job's end, once, whoever comes first."""
        with self._ending:
            if not self.reporter.finished:
                self.reporter.finish(status, result=result, error=error)
