"""Many people look at once: `python -m benchmarks.crowd` fills a home (once, in build/crowd-home), serves it, trains a job and
sends 50 visitors to it, who ask what their pages would ask. Prints what each takes beside what it should.

Where the server has the route of polled answers, visitors ask there, else by Gradio's calls of functions. Do nothing else on the
machine meanwhile; the visitors themselves take some of it.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from benchmarks import crowd_home, idle
from benchmarks.crowd_visitor import Visitor
from benchmarks.startup import served
from engine.core.context import Context
from storage.job_tables import Metric

HOME = Path(__file__).resolve().parents[1] / "build" / "crowd-home"
VISITORS = 50
ENDED_EVERY = 3  # looks
FEED_SECONDS, LIST_SECONDS, MODELS_SECONDS = 0.6, 1.0, 3.0  # as the pages ask
_PATIENCE = 120.0  # seconds until a job takes steps


@dataclass
class Crowd:
    """What visitors measured."""

    seconds: float  # that it lasted
    times: list[float] = field(default_factory=list)  # of each answer, in seconds
    bytes: int = 0  # of all answers
    unchanged: int = 0  # answers without content
    busy: float = 0.0  # seconds of a core that the server took

    def told(self) -> str:
        """In one line."""
        ordered = sorted(self.times) or [0.0]
        count = len(ordered)
        p50, p95 = (ordered[min(count - 1, int(share * count))] * 1e3 for share in (0.5, 0.95))
        return (
            f"p95 {p95:7.1f} ms, p50 {p50:6.1f} ms, {count / self.seconds:5.1f} answers/s, {self.unchanged / count:4.0%} unchanged, "
            f"{self.bytes / count / 1e3:6.1f} kB an answer, {self.busy / count * 1e3:5.2f} ms of the server's processor an answer"
        )


Look = Callable[[Visitor], None]


def feed_of(job: int) -> Callable[[], Look]:
    """What the page of a job asks, each time with what it has so far."""

    def fresh() -> Look:
        known: dict[str, Any] = {"attempt": None}

        def look(visitor: Visitor) -> None:
            if (feed := visitor.ask("jobs", "job_feed", job, known)) is not None:
                known.update({f"after_{name}": newest for name, newest in feed["cursors"].items()})
                known["attempt"] = feed["job"]["attempt"]

        return look

    return fresh


def list_of_jobs() -> Look:
    """What the list of jobs asks: what runs or waits, and now and then the first of the others."""
    looks = 0

    def look(visitor: Visitor) -> None:
        nonlocal looks
        visitor.ask("jobs", "jobs_now", {})
        if looks % ENDED_EVERY == 0:
            visitor.ask("jobs", "jobs_ended", {})
        looks += 1

    return look


def list_of_models() -> Look:
    """What the list of models asks."""

    def look(visitor: Visitor) -> None:
        visitor.ask("models", "models_list")

    return look


def crowd(url: str, server: psutil.Process, seconds: float, every: float, fresh: Callable[[], Look]) -> Crowd:
    """VISITORS pages that look all `every` seconds, as long as the last answer does not take longer."""
    first = Visitor(url)
    visitors = [first, *(Visitor(url, first) for _ in range(VISITORS - 1))]
    looks = [fresh() for _ in visitors]
    for visitor, look in zip(visitors, looks, strict=True):
        look(visitor)  # the first one brings everything
        visitor.bytes = visitor.unchanged = 0
    found, begun = Crowd(seconds), time.perf_counter()
    busy = _busy(server)

    def stay(number: int) -> None:
        due = begun + every * number / VISITORS
        while (now := time.perf_counter()) < begun + seconds:
            if now < due:
                time.sleep(due - now)
                continue
            looks[number](visitors[number])
            found.times.append(time.perf_counter() - now)
            due += every * max(1, int((time.perf_counter() - due) / every) + 1)

    threads = [threading.Thread(target=stay, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.busy = _busy(server) - busy
    found.seconds = time.perf_counter() - begun
    found.bytes, found.unchanged = (sum(getattr(one, what) for one in visitors) for what in ("bytes", "unchanged"))
    return found


def _busy(server: psutil.Process) -> float:
    used = server.cpu_times()
    return float(used.user + used.system)


def _memory_mb(server: psutil.Process, name: str) -> float:
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def opening(url: str, server: psutil.Process, job: int) -> str:
    """A page that opens the job with a million numbers, five times."""
    visitor = Visitor(url)
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    before, times = _memory_mb(server, "VmRSS"), []
    for _ in range(5):
        look, begun = feed_of(job)(), time.perf_counter()
        visitor.forget()
        look(visitor)
        times.append((time.perf_counter() - begun) * 1e3)
    grown = _memory_mb(server, "VmHWM") - before
    return f"first {times[0]:7.1f} ms, then {statistics.median(times[1:]):6.1f} ms, the server's memory rose by {grown:.0f} MB at most"


def alone(url: str, look: Look) -> str:
    """The median of what one visitor waits for the whole answer."""
    visitor, times = Visitor(url), []
    for _ in range(9):
        visitor.forget()
        begun = time.perf_counter()
        look(visitor)
        times.append((time.perf_counter() - begun) * 1e3)
    return f"median {statistics.median(times):.1f} ms, first {times[0]:.1f} ms"


def step_seconds(ctx: Context, job: int, begun: float, ended: float) -> float:
    """How long a step took within a span of time."""
    with ctx.db.read() as s:
        spanned = (Metric.job_id == job, Metric.name == "train_loss", Metric.at.between(begun, ended))
        told = s.execute(select(Metric.step, Metric.at).where(*spanned).order_by(Metric.step)).all()
    return float((told[-1].at - told[0].at) / (told[-1].step - told[0].step))


def watched_training(ctx: Context, url: str, server: psutil.Process, job: int, seconds: float) -> Iterator[str]:
    """Spans with and without watchers by turns: answers of the feed, and what training loses to them."""
    alone, together, crowds = [], [], []
    for _ in range(3):
        begun = time.time()
        time.sleep(seconds)
        alone.append(step_seconds(ctx, job, begun, time.time()))
        begun = time.time()
        crowds.append(crowd(url, server, seconds, FEED_SECONDS, feed_of(job)))
        together.append(step_seconds(ctx, job, time.time() - crowds[-1].seconds, time.time()))
    whole = Crowd(sum(one.seconds for one in crowds), [time for one in crowds for time in one.times])
    whole.bytes, whole.unchanged, whole.busy = (
        sum(getattr(one, what) for one in crowds) for what in ("bytes", "unchanged", "busy")
    )
    yield f"feed of a job that trains (p95 at most 300 ms): {whole.told()}"
    lost = 1 - statistics.mean(alone) / statistics.mean(together)
    pairs = ", ".join(f"{1e3 * one:.0f} and {1e3 * other:.0f}" for one, other in zip(alone, together, strict=True))
    yield f"the server takes {whole.busy / whole.seconds:.0%} of a core meanwhile"
    yield f"training loses {lost:.1%} of its speed, at most 5 % (ms a step without and with watchers: {pairs})"


@contextmanager
def trained(ctx: Context) -> Iterator[int]:
    """A job that trains, once it takes steps."""
    job = crowd_home.train(ctx)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not crowd_home.trains_alone(ctx, job) and time.monotonic() < deadline:
            time.sleep(0.5)
        time.sleep(2)
        yield job
    finally:
        crowd_home.end(ctx)
        time.sleep(3)


def main() -> None:
    """Print each figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--seconds", type=float, default=15.0, help="that each crowd stays")
    parser.add_argument("--only", choices=["idle", "opening", "lists", "training"], help="this part alone")
    parser.add_argument("--home", type=Path, default=HOME, help="filled where it is empty")
    given = parser.parse_args()
    ctx = crowd_home.opened(given.home)
    crowd_home.end(ctx)
    with served(given.home) as url:
        for line in figures(ctx, url, _server(), given.seconds, given.only):
            print(line, flush=True)
    ctx.db.close()


def _server() -> psutil.Process:
    """The process that `served` has started."""
    return next(one for one in psutil.Process().children() if "app.py" in " ".join(one.cmdline()))


def figures(ctx: Context, url: str, server: psutil.Process, seconds: float, only: str | None) -> Iterator[str]:
    """Every figure in one line, with what it should be."""
    if only in (None, "idle"):
        yield from idle.figures(url, server, seconds)
    if only in (None, "opening"):
        yield f"opening a job with {crowd_home.NUMBERS:,} numbers (at most 500 ms): {opening(url, server, crowd_home.big(ctx))}"
    if only in (None, "lists"):
        jobs = crowd(url, server, seconds, LIST_SECONDS, list_of_jobs)
        yield f"list of {crowd_home.JOBS:,} jobs (p95 at most 300 ms): {jobs.told()}"
        yield f"list of {crowd_home.MODELS} models, one visitor (at most 100 ms): {alone(url, list_of_models())}"
        models = crowd(url, server, seconds, MODELS_SECONDS, list_of_models)
        yield f"list of {crowd_home.MODELS} models, all visitors: {models.told()}"
    if only in (None, "training"):
        with trained(ctx) as job:
            yield from watched_training(ctx, url, server, job, seconds)


if __name__ == "__main__":
    main()
