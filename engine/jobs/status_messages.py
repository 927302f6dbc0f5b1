"""A job's state in one plain sentence: {"code", "params"} for the text `headline.<code>`, or with its own "text". Pure.

"tone" ("good" or "warn") says whether it is good news, where the sentence is about a number that can get better or worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from engine.core.shapes import Said
from engine.core.text import LANGUAGES, Text, catalogue, filled
from engine.jobs.kinds import known_kind
from engine.jobs.kinds.declaration import JobKind
from engine.jobs.outcomes import MeasuredMerit, said
from engine.shapes.jobs import Headline, Tone
from storage.job_tables import FINAL

_CHANGES: dict[int, tuple[str, Tone]] = {  # of a loss: below, at or above what it was
    -1: ("finished.loss", "good"),
    0: ("finished.same", "warn"),
    1: ("finished.worse", "warn"),
}
_PATIENCE = 2  # checks in a row that were no better than the best one before


def status_message(
    job: Mapping[str, Any], val_losses: Sequence[tuple[int, float]], outcome: MeasuredMerit | None = None
) -> Headline:
    """What the job does or how it ended; "text" is the sentence in each language where the job's kind declares it.

    Args:
        job: a job's view, without its headline.
        val_losses: (step, loss) of each check so far.
        outcome: what tells of the job's result instead, with its checks.
    """
    if outcome is not None and not job["stalled"] and (told := _by_outcome(job, val_losses, outcome)) is not None:
        return told
    if job["stalled"]:
        return _say("stalled", step=job["step"])
    kind, status = known_kind(job["kind"]), job["status"]
    if kind.endings is not None and status in FINAL:
        return _told(f"{status}.{kind.key}", getattr(kind.endings, status))
    if status not in _BY_STATUS:
        return _running(kind, job, val_losses)
    return _BY_STATUS[status](job, val_losses)


def _by_outcome(job: Mapping[str, Any], losses: Sequence[tuple[int, float]], outcome: MeasuredMerit) -> Headline | None:
    """How what counts has changed so far or in the end; None where the state is told otherwise."""
    done = job["status"] == "succeeded"
    found = outcome.between(_model_step(job, losses) if done and losses else None)
    if found is None or not (done or (job["status"] == "running" and job["phase"] in ("training", None))):
        return None
    first, last = (said(found[key], found["share"]) for key in ("first", "last"))
    rise = (found["last"] > found["first"]) - (found["last"] < found["first"])
    code, tone = _OUTCOMES[0 if first == last else rise]
    changed = _say(code, what=found["label"], first=first, last=last)
    left = None if done or job["seconds_left"] is None else _timed("left", job["seconds_left"])
    told = _and(_took("finished", job["seconds"]), changed) if done else _and(changed, left)
    return {**told, "text": {one: _in(one, told) for one in LANGUAGES}, "tone": tone}


_OUTCOMES: dict[int, tuple[str, Tone]] = {
    1: ("outcome.rose", "good"),
    0: ("outcome.same", "warn"),
    -1: ("outcome.fell", "warn"),
}


def _say(code: str, **params: Any) -> Headline:
    return {"code": code, "params": params}


def _told(code: str, text: Text, **numbers: Any) -> Headline:
    """A sentence that its declaration brings along."""
    said = {language: str(sentence).format(**numbers) for language, sentence in text.as_dict().items()}
    return {**_say(code, **numbers), "text": cast(Said, said)}


def short(loss: float) -> float:
    """Three significant digits."""
    return float(f"{loss:.3g}")


def _timed(code: str, seconds: float | None, **params: Any) -> Headline:
    """`code` with the time in the unit that people would use: code.s, code.m or code.h; bare without a time."""
    if seconds is None:
        return _say(code, **params)
    if seconds < 90:
        return _say(f"{code}.s", time=max(1, round(seconds)), **params)
    if seconds < 90 * 60:
        return _say(f"{code}.m", time=round(seconds / 60), **params)
    return _say(f"{code}.h", time=round(seconds / 3600, 1), **params)


def _took(code: str, seconds: float | None, **params: Any) -> Headline:
    """`code` with a duration as pages write it elsewhere: seconds, minutes and seconds, hours and minutes."""
    if seconds is None:
        return _say(code, **params)
    whole = round(seconds)
    if whole < 60:
        return _say(f"{code}.s", time=max(1, whole), **params)
    if whole < 3600:
        return _say(f"{code}.m", time=whole // 60, rest=whole % 60, **params)
    return _say(f"{code}.h", time=whole // 3600, rest=whole % 3600 // 60, **params)


def _queued(job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    if (coming := job["waits_for"]) is not None:
        known = {"done_mb": coming["done_mb"], "total_mb": coming["total_mb"]}
        return _say("queued.download", **known) if coming["total_mb"] else _say("queued.weights")
    if (awaited := job.get("awaits")) is not None:
        return _say("queued.stage_held" if awaited["held"] else "queued.stage", name=awaited["name"])
    place = job["queue_place"] or 1
    return _say("queued", place=place) if place > 1 else _say("queued.next")


def _starting(_job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    return _say("starting")


def _stopping(job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    if job["request"] == "cancel":
        return _say("cancelling")
    if not known_kind(job["kind"]).trains:
        return _say("stopping.other")
    return _say("stopping" if job["step"] else "stopping.early")


def _running(kind: JobKind, job: Mapping[str, Any], losses: Sequence[tuple[int, float]]) -> Headline:
    if not kind.trains:
        return _phase(kind, job)
    step, total, left = job["step"], job["total_steps"], job["seconds_left"]
    if job["phase"] != "training" and (step == 0 or step == total):
        return _and(_phase(kind, job), None if left is None else _timed("left", left))
    if len(losses) >= 2:
        best_step, best = min(losses, key=lambda point: (point[1], point[0]))
        since = [point for point in losses if point[0] > best_step]
        told: dict[str, float]
        if len(since) >= _PATIENCE:
            told = {"since": best_step, "best": short(best), "now": short(losses[-1][1])}
            return {**_timed("not_improving", left, **told), "tone": "warn"}
        if losses[-1][1] < losses[0][1]:
            told = {"first": short(losses[0][1]), "now": short(losses[-1][1])}
            return {**_timed("learning", left, **told), "tone": "good"}
    if job["train_loss"] is not None and total:
        return _timed("training", left, step=step, total=total, loss=short(job["train_loss"]))
    return _phase(kind, {**job, "phase": "training"})


def _phase(kind: JobKind, job: Mapping[str, Any]) -> Headline:
    phase = kind.phase(job["phase"])
    if phase.megabytes is not None and job["total_steps"]:
        done, total = (round(job[key] / 1e6) for key in ("step", "total_steps"))
        return _told(f"phase.{phase.key}.mb", phase.megabytes, done=done, total=total)
    return _told(f"phase.{phase.key}", phase.says)


def _succeeded(job: Mapping[str, Any], losses: Sequence[tuple[int, float]]) -> Headline:
    if len(losses) < 2:
        return _took("finished", job["seconds"])
    first, last = short(losses[0][1]), short(dict(losses).get(_model_step(job, losses), losses[-1][1]))
    code, tone = _CHANGES[(last > first) - (last < first)]
    return _and({**_took(code, job["seconds"], first=first, last=last), "tone": tone}, _risen(job, losses))


def _model_step(job: Mapping[str, Any], losses: Sequence[tuple[int, float]]) -> int:
    """After which step the weights were like those that are the model; jobs of earlier versions kept the last ones."""
    return int((job["result"] or {}).get("model_step", losses[-1][0]))


def _risen(job: Mapping[str, Any], losses: Sequence[tuple[int, float]]) -> Headline | None:
    """What is said of a validation loss that was lower before the end: which step was best, and which is the model."""
    checks = [point for point in losses if point[0]]
    if not checks:
        return None
    (step, best), (end, now) = min(checks, key=lambda point: (point[1], -point[0])), checks[-1]
    if step == end:
        return None
    said = {"step": step, "best": short(best), "now": short(now)}
    rose = said["now"] > said["best"]
    if _model_step(job, losses) == step:
        return _say("rose.best", **said) if rose else _say("level.best", step=step)
    both = (job["result"] or {}).get("kept_steps")
    return _say("rose.chosen" if both else "rose.last", **said) if rose else None


def _and(headline: Headline, more: Headline | None) -> Headline:
    """The headline with one more sentence."""
    if more is None:
        return headline
    both = Text("language.after")
    said = {one: both.filled(first=_in(one, headline), second=_in(one, more)).in_(one) for one in LANGUAGES}
    return {**headline, "text": said}


def _in(language: str, headline: Headline) -> str:
    if "text" in headline:
        return headline["text"][language]
    return filled(catalogue(language)[f"headline.{headline['code']}"], headline["params"], language)


def _stopped(job: Mapping[str, Any], losses: Sequence[tuple[int, float]]) -> Headline:
    if job["total_steps"] and job["checkpoint_step"] is not None:
        if not job["inputs_there"]:
            return _say("stopped.kept", step=job["checkpoint_step"], total=job["total_steps"])
        ended = "stopped.time" if (job["result"] or {}).get("ended") == "time" else "stopped"
        return _and(_say(ended, step=job["checkpoint_step"], total=job["total_steps"]), _risen(job, losses))
    return _say("stopped.early")


def _cancelled(job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    return _say("cancelled", step=job["step"]) if job["step"] else _say("cancelled.early")


def _failed(job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    return _say("failed", step=job["step"]) if job["step"] else _say("failed.early")


def _interrupted(job: Mapping[str, Any], _losses: Sequence[tuple[int, float]]) -> Headline:
    if not job["inputs_there"]:
        return _say("interrupted.over", step=job["step"])
    if job["checkpoint_step"] is None:
        return _say("interrupted.early", step=job["step"])
    return _say("interrupted", step=job["step"], resume=job["checkpoint_step"])


_BY_STATUS = {
    "queued": _queued,
    "starting": _starting,
    "stopping": _stopping,
    "succeeded": _succeeded,
    "stopped": _stopped,
    "cancelled": _cancelled,
    "failed": _failed,
    "interrupted": _interrupted,
}
