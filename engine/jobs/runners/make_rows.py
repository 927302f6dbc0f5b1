"""The job that has rows made of passages: each answer is read, checked, and put into the queue of rows that a person looks at."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.made.alike import KnownRows
from engine.data.made.answers import pairs_of
from engine.data.made.asking import conversation, language_asked
from engine.data.made.checks import judged
from engine.data.made.kinds import MadeKind
from engine.data.made.rows import CODE, made_row
from engine.data.passages.splitting import Passage
from engine.data.rows.row import Row
from engine.data.rows.store import read_rows
from engine.jobs.reporter import Reporter
from engine.services.data.annotation.annotation_queue import clean_row, collect_within
from engine.services.data.making.choice import MakingChoice, read_choice
from engine.services.data.making.documents import making_of
from engine.services.data.making.endpoint import Endpoint, EndpointWriter, Said
from engine.services.data.making.forecast import TOGETHER, written_by
from engine.services.data.making.writers import LocalWriter, writer_of
from engine.services.data.versions.version_files import version_file
from storage.job_tables import Job
from storage.queries import review

_MOST_KNOWN = 20_000  # rows of the data set that new ones are compared with
_PART = 1_000


@dataclass(frozen=True)
class _Unit:
    """One passage and one kind of example."""

    place: int  # of the passage among those that were picked
    passage: Passage
    kind: MadeKind


@dataclass
class _Task:
    """One job's work, and what came of it so far."""

    ctx: Context
    job: Job
    choice: MakingChoice
    label: str  # who writes
    host: str  # that the passages are sent to; ""
    named: str  # tells the writer from others
    known: KnownRows
    reporter: Reporter
    done: int = 0  # units
    made: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unchecked: int = 0  # rows whose words could not be compared
    asks: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    def result(self) -> dict[str, Any]:
        """As it is stored: the job goes on from it."""
        keys = ("done", "made", "unchecked", "asks", "tokens_in", "tokens_out", "seconds", "host")
        told = {key: getattr(self, key) for key in keys}
        return told | {"left_out": dict(self.left_out), "writer": self.label, "written_by": self.named}

    def go_on(self, before: Mapping[str, Any]) -> None:
        """What an earlier attempt has done stays."""
        for key in ("done", "made", "unchecked", "asks", "tokens_in", "tokens_out", "seconds"):
            setattr(self, key, before.get(key, 0))
        self.left_out.update(before.get("left_out", {}))


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Ask for every passage what is not asked yet. What was made before an end of any kind is kept, and is not made again.

    Raises:
        Fault: why the writer cannot be used, or stopped answering ("writer....", "chat.no_memory" ...). NotFound.
    """
    reporter.phase("loading")
    choice = read_choice(job.spec["choice"])
    making = making_of(ctx.settings, job.spec["making"])
    writer = writer_of(ctx, choice.writer)
    units = _units(choice, choice.picked(making.passages(choice.characters)))
    task = _task(ctx, job, choice, writer, reporter)
    task.go_on(job.result or {})
    with ExitStack() as stack:
        asker = _asker(task, writer, stack)
        reporter.phase("making")
        reporter.progress(task.done, len(units), result=task.result())
        while task.done < len(units) and reporter.requested() != "stop":
            reporter.heed()
            _step(task, asker, units[task.done : task.done + asker.together], len(units))
    reporter.finish("succeeded" if task.done == len(units) else "stopped", result=task.result())


def _units(choice: MakingChoice, passages: Sequence[Passage]) -> list[_Unit]:
    return [_Unit(place, passage, kind) for place, passage in enumerate(passages) for kind in choice.kinds]


def _task(ctx: Context, job: Job, choice: MakingChoice, writer: Endpoint | LocalWriter, reporter: Reporter) -> _Task:
    if isinstance(writer, Endpoint):
        if (told := job.spec["endpoint"]) != {"host": writer.host, "model": writer.model}:
            raise Fault("writer.changed", host=told.get("host", ""), model=told.get("model", ""))
        label, host = writer.model, writer.host
    else:
        label, host = writer.side.label, ""
    known = KnownRows(_rows_before(ctx, job, choice))
    return _Task(ctx, job, choice, label, host, written_by(writer), known, reporter)


def _rows_before(ctx: Context, job: Job, choice: MakingChoice) -> Iterator[Row]:
    """Rows that new ones must not repeat: of the data set that they are meant for, and made of the same documents before."""
    if choice.dataset is not None:
        yield from islice(read_rows(version_file(ctx, choice.dataset)[1]), _MOST_KNOWN)
    seen = 0
    while True:
        with ctx.db.read() as s:
            part = review.listed(s, None, None, seen, _PART)
        if not part:
            return
        seen += len(part)
        ours = (one for one in part if one.origin.get("code") == CODE)
        yield from (one.row for one in ours if one.origin.get("making") == job.spec["making"])


class _ModelAsker:
    """Several passages at the same time, an answer for each example."""

    def __init__(self, task: _Task, writer: LocalWriter) -> None:
        from engine.jobs.runners.local_writing import ModelWriter

        self._task, self._writer = task, ModelWriter(task.ctx, task.job, writer, task.reporter)
        self.together = max(1, TOGETHER // task.choice.per_passage)

    def ask(self, units: Sequence[_Unit]) -> list[list[Said | None]]:
        choice = self._task.choice
        asked, owners = [], []
        for at, unit in enumerate(units):
            turns = _turns(choice, unit, 1, shown=True)
            for copy in range(choice.number_of(unit.kind)):
                asked.append((turns, choice.seed + 1_000_003 * unit.place + 101 * copy))
                owners.append(at)
        longest = max(unit.kind.longest for unit in units)
        said = self._writer.say(asked, temperature=choice.temperature, longest=longest)
        return [[one for one, owner in zip(said, owners, strict=True) if owner == at] for at in range(len(units))]


class _EndpointAsker:
    """One passage after the other, all its examples in one answer."""

    together = 1

    def __init__(self, task: _Task, writer: EndpointWriter) -> None:
        self._task, self._writer = task, writer

    def ask(self, units: Sequence[_Unit]) -> list[list[Said | None]]:
        return [[self._said(unit)] for unit in units]

    def _said(self, unit: _Unit) -> Said:
        choice = self._task.choice
        number = choice.number_of(unit.kind)
        turns = _turns(choice, unit, number, shown=False)
        return self._writer.say(turns, temperature=choice.temperature, longest=unit.kind.longest * number)


def _asker(task: _Task, writer: Endpoint | LocalWriter, stack: ExitStack) -> _ModelAsker | _EndpointAsker:
    if isinstance(writer, LocalWriter):
        return _ModelAsker(task, writer)
    key = task.ctx.settings.writer_key
    return _EndpointAsker(task, stack.enter_context(EndpointWriter(writer, key, task.reporter.heed)))


def _turns(choice: MakingChoice, unit: _Unit, number: int, *, shown: bool) -> list[dict[str, str]]:
    wording = choice.wordings.get(unit.kind.key, "")
    return conversation(unit.kind, wording, unit.passage, choice.language, number, shown=shown)


def _step(task: _Task, asker: _ModelAsker | _EndpointAsker, units: Sequence[_Unit], total: int) -> None:
    """Ask for some units; rows and progress are written together, so nothing is lost or made twice."""
    began = time.monotonic()
    answers = asker.ask(units)
    task.seconds = round(task.seconds + time.monotonic() - began, 3)
    rows = [kept for unit, said in zip(units, answers, strict=True) for kept in _kept(task, unit, said)]
    task.done += len(units)
    task.made += len(rows)
    left = task.seconds / task.done * (total - task.done)
    with task.reporter.transaction() as s:
        for row, origin in rows:
            collect_within(s, row, origin, task.choice.dataset)
        told = s.get_one(Job, task.job.id)
        told.step, told.total_steps, told.result = task.done, total, task.result()
    task.reporter.progress(task.done, total, left, result=task.result())


def _kept(task: _Task, unit: _Unit, answers: Sequence[Said | None]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """The rows of one unit that may be looked at; all others are counted."""
    number = task.choice.number_of(unit.kind)
    for said in answers:
        task.asks += 1
        if said is None:
            task.left_out["too_long"] += 1
            continue
        task.tokens_in += said.tokens_in
        task.tokens_out += said.tokens_out
        pairs = pairs_of(unit.kind, said.text)
        if not said.whole and pairs:
            pairs.pop()  # the one that was cut
            task.left_out["unfinished"] += 1
        elif not pairs:
            task.left_out["unread" if said.whole else "unfinished"] += 1
        for pair in pairs[: number if len(answers) == 1 else 1]:
            if kept := _row(task, unit, pair):
                yield kept


def _row(task: _Task, unit: _Unit, pair: tuple[str, str]) -> tuple[Row, dict[str, Any]] | None:
    language = language_asked(unit.passage, task.choice.language)
    with_passage = task.choice.with_passage
    found = judged(unit.kind, pair, unit.passage, language, with_passage=with_passage)
    reason = found.reason
    row: Row = {}
    if not reason:
        made = made_row(unit.kind, pair, unit.passage, language, unit.place, with_passage=with_passage)
        try:
            row = clean_row(made)
        except Fault:
            reason = "unusable"
    if not reason and task.known.has_like(row):
        reason = "alike"
    if reason:
        task.left_out[reason] += 1
        return None
    task.known.add(row)
    task.unchecked += found.share is None
    return row, _origin(task, unit, found.share)


def _origin(task: _Task, unit: _Unit, share: float | None) -> dict[str, Any]:
    told = {"code": CODE, "making": task.job.spec["making"], "job": task.job.id, "model": task.label}
    told |= {"kind": unit.kind.key, "passage": unit.place, "file": unit.passage.file, "page": unit.passage.page}
    return told | {"host": task.host, "grounded": None if share is None else round(share, 2)}
