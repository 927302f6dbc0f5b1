"""How long a job takes, part by part: start, training, checks on held-out rows, answers, saving.

Each part comes from the model of the device (`effort`, `rates`) and is corrected by what this machine measured itself
(`corrections`). Sums are of seconds; the range follows from how sure each part is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import cast

from engine.data.bundles.arranged import sequences_of
from engine.data.bundles.written import MOST_ANSWERED, WRITTEN_AT_ONCE
from engine.data.templates.lengths import Counts
from engine.planner.memory.workload import Workload
from engine.planner.time.corrections import NO_CORRECTION, Correction, Source
from engine.planner.time.disk import checkpoint_bytes, result_bytes
from engine.planner.time.effort import answer_seconds, group_seconds, groups_of, update_seconds, written_seconds
from engine.planner.time.read_apart import learnt_and_read
from engine.planner.time.units import UnitTimes
from engine.shapes.plans import TimeEstimate

_MOST_HELD_OUT = 500  # of more held-out rows, training scores evenly spread ones
SAMPLE_QUESTIONS = 4  # asked in each round
_SAMPLE_TOKENS = 64  # of the longest answer
_SCORED_AT_ONCE, _SCORED_FEWEST, _SCORED_MOST = 16, 16, 256
_SPARE = 1.5  # the longest of several answers over the average expected one
_START_S = 8.0  # a worker's start: Python, torch, the libraries
_TOKENISED = 200e3  # tokens a second from text
_READ_BYTES_S = 400e6  # weights from disk into the model
_WRITE_BYTES_S = 250e6  # weights to disk: written, synchronised, and read again for their hash
_SAVE_S = 0.15  # the files of a checkpoint besides their bytes
_DRAWN_STEPS, _DRAWN_ROWS = 6, 128


@dataclass(frozen=True)
class Pace:
    """How the job is cut up, besides its examples.

    Attributes:
        epochs: passes over the data.
        batch_size: examples of an optimizer step.
        evaluations: rounds of held-out rows and sample questions; 0 for none.
        questions: sample questions of a round.
        scored: held-out questions that are answered before and after training.
        two: the weights of the best check and those of the last step may both be written at the end.
        repeats: steps that the examples of a batch serve.
    """

    epochs: float
    batch_size: int
    evaluations: int = 0
    questions: int = SAMPLE_QUESTIONS
    scored: int = 0
    two: bool = False
    repeats: int = 1


@dataclass(frozen=True)
class Duration:
    """Seconds of a job by part ("start", "training", "checks", "answers", "saving"), and how sure they are.

    Attributes:
        parts: seconds by part; empty where there are no rows.
        low, high: range in which the true time can be expected.
        tokens_per_s: real tokens a second while training; 0 where nothing is trained.
        source: "model", or what corrected it: "probe" (measured on request) or "past" (an earlier job).
        measured_at: when that was, in seconds since 1970; None for the model alone.
        units: the same by what is done once, corrected; None where there are no rows.
    """

    parts: dict[str, float]
    low: float
    high: float
    tokens_per_s: float
    source: str
    measured_at: float | None
    units: UnitTimes | None = None

    @property
    def seconds(self) -> float:
        """The whole job."""
        return sum(self.parts.values())

    def as_dict(self) -> TimeEstimate:
        """The JSON form, with the parts in order; texts are at `plan.time.<key>`."""
        return {
            "seconds": round(self.seconds, 1),
            "low": round(self.low, 1),
            "high": round(self.high, 1),
            "tokens_per_s": round(self.tokens_per_s, 1),
            "source": cast(Source, self.source),
            "measured_at": self.measured_at,
            "parts": [{"key": key, "seconds": round(seconds, 1)} for key, seconds in self.parts.items() if seconds],
        }


def steps_of(rows: int, pace: Pace) -> int:
    """Optimizer steps of the whole job."""
    per_epoch = -(-rows // pace.batch_size)
    return ceil(per_epoch * pace.repeats * pace.epochs)


def duration_of(
    work: Workload, train: Counts, val: Counts, pace: Pace, correction: Correction = NO_CORRECTION
) -> Duration:
    """The whole job, corrected by what was measured."""
    units = units_of(work, train, val, pace).corrected(correction.seconds) if train.rows else None
    parts = {} if units is None else units.parts
    spreads = {part: 1.0 + correction.spread(part) for part in parts}
    trained = train.tokens * pace.epochs
    return Duration(
        parts=parts,
        low=sum(seconds / spreads[part] for part, seconds in parts.items()),
        high=sum(seconds * spreads[part] for part, seconds in parts.items()),
        tokens_per_s=trained / parts["training"] if parts.get("training") else 0.0,
        source=correction.source,
        measured_at=correction.measured_at,
        units=units,
    )


def parts_of(work: Workload, train: Counts, val: Counts, pace: Pace) -> dict[str, float]:
    """Seconds by part, as the model of the device has them."""
    return units_of(work, train, val, pace).parts


def units_of(work: Workload, train: Counts, val: Counts, pace: Pace) -> UnitTimes:
    """What each thing takes once, as the model of the device has it. What trains nothing looks twice: without and with."""
    trains = work.method.capabilities.trains
    checks = pace.evaluations if trains else 1
    steps = steps_of(train.rows, pace) if trains else 0
    base_answers, answers = _scored(work, train, val, pace)
    base_samples, samples = _sampled(work, train, pace) if checks else (0.0, 0.0)
    results = result_bytes(work) * (2 if trains and pace.two else 1)
    return UnitTimes(
        start=start_seconds(work, train.tokens + val.tokens),
        base_answers=base_answers,
        answers=answers,
        base_samples=base_samples,
        samples=samples,
        score=held_out_seconds(work, val),
        step=training_seconds(work, train, pace) / steps if steps else 0.0,
        save=_SAVE_S + checkpoint_bytes(work) / _WRITE_BYTES_S if trains else 0.0,
        result=results / _WRITE_BYTES_S,
        steps=steps,
        checks=checks,
        first=checks > 0,
        reference=reference_seconds(work, train, val),
    )


def start_seconds(work: Workload, tokens: float) -> float:
    """Until the first step: the worker, the rows as tokens, the weights."""
    return _START_S + tokens / _TOKENISED + work.shape.parameters * work.width / _READ_BYTES_S


def training_seconds(work: Workload, train: Counts, pace: Pace) -> float:
    """All steps. Groups are formed for a few drawn steps and scaled up to all tokens and to the objective's passes."""
    learnt, read = learnt_and_read(train, work.needs)
    learning = work.needs.passes * _stepped_seconds(work, learnt, pace.batch_size, train=True)
    learning += 0.0 if read is None else _stepped_seconds(work, read, pace.batch_size, train=False)
    learning *= pace.epochs * pace.repeats
    written = pace.epochs * ceil(train.rows / pace.batch_size) * writing_seconds(work, train, pace.batch_size)
    return learning + written + steps_of(train.rows, pace) * update_seconds(work)


def _stepped_seconds(work: Workload, counts: Counts, batch_size: int, *, train: bool) -> float:
    """All rows once, in steps, without what the optimizer does."""
    steps = _drawn(sequences_of(counts.lengths, counts.bundles, packs=work.packs), batch_size)
    share = labelled_share(counts)
    grouped = sum(group_seconds(work, group, share, train=train) for step in steps for group in groups_of(work, step))
    return read_tokens(work, counts) * grouped / max(1, sum(map(sum, steps)))


def writing_seconds(work: Workload, train: Counts, prompts: int) -> float:
    """The answers to so many prompts, in batches; 0 where the data have all answers."""
    if work.written is None or not train.bundles:
        return 0.0
    answers = len(train.bundles[0].answers)
    asked = 1.0 + sum(one.shared for one in train.bundles) / len(train.bundles)
    found, left = 0.0, prompts * answers
    while left > 0:
        rows = min(left, WRITTEN_AT_ONCE)
        found += written_seconds(work, -(-rows // answers), rows, asked, work.written.tokens)
        left -= rows
    return found


def held_out_seconds(work: Workload, val: Counts) -> float:
    """The held-out rows once, without training."""
    if work.written is not None:
        return _answered_seconds(work, val)
    learnt, read = learnt_and_read(val, work.needs)
    share = min(1.0, _MOST_HELD_OUT / max(1, val.rows))
    return share * (_reading_seconds(work, learnt) + (0.0 if read is None else _reading_seconds(work, read)))


def _answered_seconds(work: Workload, val: Counts) -> float:
    """Held-out prompts, answered by the likeliest tokens and by drawn ones."""
    if work.written is None or not val.bundles:
        return 0.0
    rows = min(MOST_ANSWERED, val.rows)
    asked = 1.0 + sum(one.shared for one in val.bundles) / len(val.bundles)
    return 2.0 * written_seconds(work, rows, rows, asked, work.written.tokens)


def reference_seconds(work: Workload, train: Counts, val: Counts) -> float:
    """The training and the held-out rows once, before the first step, where the objective compares with that."""
    if work.needs.reference != "before":
        return 0.0
    return _reading_seconds(work, train) + _reading_seconds(work, val) * min(1.0, _MOST_HELD_OUT / max(1, val.rows))


def _reading_seconds(work: Workload, counts: Counts) -> float:
    """All rows once, without training."""
    if not counts.rows:
        return 0.0
    drawn = _drawn(sequences_of(counts.lengths, counts.bundles, packs=work.packs), min(_MOST_HELD_OUT, counts.rows))[0]
    grouped = sum(group_seconds(work, group, labelled_share(counts), train=False) for group in groups_of(work, drawn))
    return grouped * read_tokens(work, counts) / max(1, sum(drawn))


def read_tokens(work: Workload, counts: Counts) -> float:
    """Tokens that are worked through: of prompts with answers that share no row, each prompt once with each answer."""
    if work.packs or not counts.bundles:
        return counts.tokens
    return counts.tokens * sum(one.padded for one in counts.bundles) / max(1, sum(counts.lengths))


def labelled_share(counts: Counts) -> float:
    """Share of the tokens that have a label."""
    return counts.trained / counts.tokens if counts.tokens else 1.0


def _drawn(examples: Sequence[Sequence[int]], batch_size: int) -> list[list[int]]:
    """Lengths of the sequences of a few typical steps; of a very large step a part. Always the same ones."""
    size = min(batch_size, _DRAWN_ROWS)
    rng = Random(0)
    steps = [examples] if len(examples) <= size else [rng.sample(examples, size) for _ in range(_DRAWN_STEPS)]
    return [[length for one in step for length in one] for step in steps]


def _sampled(work: Workload, train: Counts, pace: Pace) -> tuple[float, float]:
    """A round of sample questions: the untouched base talks on, the tuned model has learned to end."""
    asked, expected = _asked_and_answered(train)
    ends = min(_SAMPLE_TOKENS, _SPARE * expected)
    base = answer_seconds(work, pace.questions, asked, _SAMPLE_TOKENS)
    return base, answer_seconds(work, pace.questions, asked, ends)


def _scored(work: Workload, train: Counts, val: Counts, pace: Pace) -> tuple[float, float]:
    """Scored questions, before and after training."""
    count = min(pace.scored, val.rows)
    asked, expected = _asked_and_answered(train)
    most = min(_SCORED_MOST, max(_SCORED_FEWEST, 2.0 * _SPARE * expected))
    batches = [_SCORED_AT_ONCE] * (count // _SCORED_AT_ONCE) + [count % _SCORED_AT_ONCE]
    before = sum(answer_seconds(work, batch, asked, most) for batch in batches)
    after = sum(answer_seconds(work, batch, asked, min(most, _SPARE * expected)) for batch in batches)
    return before, after


def _asked_and_answered(counts: Counts) -> tuple[float, float]:
    """Average tokens of a question and of its answer."""
    answered = counts.trained / counts.rows if counts.rows else 0.0
    return max(1.0, counts.mean - answered), answered
