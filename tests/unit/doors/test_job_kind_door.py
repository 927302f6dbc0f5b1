"""A throw-away kind of job, added as one file, its texts and one line, is queued, run, shown and cancelled; and what every kind declares."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from engine.core.text import LANGUAGES, Text
from engine.jobs.kinds import JOB_KINDS
from engine.jobs.kinds.declaration import PREPARING, JobKind
from engine.jobs.worker import runner_of
from tests.unit.doors.house import House
from tests.unit.test_rooms import MODULES, imported

_TEXTS = {
    "jobs.kinds.throwaway.title": ("Throw-away", "一次性"),
    "jobs.kinds.throwaway.pondering.label": ("pondering", "正在思考"),
    "jobs.kinds.throwaway.pondering.says": ("Pondering.", "正在思考。"),
    "jobs.kinds.throwaway.endings.succeeded": ("It was pondered.", "思考完毕。"),
}
_FILE = '''
"""A kind of job that is only here for a test."""
from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish

def run(ctx, job, reporter):
    reporter.phase("pondering")
    for step in range(job.spec["steps"]):
        reporter.flush()
        reporter.heed()
        reporter.progress(step + 1, job.spec["steps"])
        if job.spec["about"] == "slow":
            import time
            time.sleep(0.05)
    reporter.finish("succeeded", result={"answer": 42})

THROWAWAY = JobKind(
    key="throwaway",
    runner="engine.jobs.kinds.throwaway:run",
    title=Text("jobs.kinds.throwaway.title"),
    lane="background",
    phases=(Phase("pondering", Text("jobs.kinds.throwaway.pondering.label"), Text("jobs.kinds.throwaway.pondering.says")),),
    endings=Endings(Text("jobs.kinds.throwaway.endings.succeeded")),
    same=SameWish(wish=lambda spec: spec["about"]),
    listed=False,
)
'''
_IN_A_HOME = """
import os, pathlib, subprocess, sys, tempfile, time
home = tempfile.mkdtemp()
os.environ["TUNESMITH_HOME"] = home
from engine.core.context import open_context
from engine.core.process import new_nonce, this_boot
from engine.jobs.kinds import kind_of
from engine.jobs.queue import enqueue
from engine.jobs.status_messages import status_message
from engine.services.jobs import lifecycle
from storage.queries.jobs import claim_next
ctx = open_context(upgrade=True)

def wish(about, steps=3):
    with ctx.db.write() as s:
        return enqueue(s, kind_of("throwaway"), name="Thought", spec={"about": about, "steps": steps})

def start():
    with ctx.db.write() as s:
        job, attempt = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
    return subprocess.Popen([sys.executable, "-m", "engine.jobs.worker", str(job), str(attempt)])

def until(done):
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise SystemExit("it takes too long")

view = lambda job: lifecycle.job_view(ctx, job)
listed = lambda job: job in [one["id"] for one in lifecycle.list_jobs(ctx)]
"""
_RUN = """
quick, same, other = wish("lamps"), wish("lamps"), wish("slow", 10_000)
assert start().wait(60) == 0
done = view(quick)
again = wish("lamps")
lifecycle.cancel_job(ctx, again)
worker = start()
until(lambda: view(other)["step"])
going = view(other)
shown = {"while it runs": listed(other), "when it is done": listed(quick)}
lifecycle.cancel_job(ctx, other)
assert worker.wait(60) == 0
ended = view(other)
tell({
    "one": quick == same, "two": other != quick, "again": again != quick, "shown": shown,
    "done": [done["status"], done["result"], done["headline"]["text"], done["title"]],
    "going": [going["headline"]["text"], going["phase_label"], going["can"]["stop"], going["trains"]],
    "ended": [ended["status"], ended["headline"]["text"]["en"]],
})
"""


def test_a_kind_of_job_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/jobs/kinds/throwaway.py", _FILE)
    house.say("jobs/kinds/throwaway", _TEXTS)
    house.enter("engine/jobs/kinds/__init__.py", "JOB_KINDS", "THROWAWAY", "engine.jobs.kinds.throwaway")
    told = house.ask(_IN_A_HOME + _RUN)
    assert (told["one"], told["two"], told["again"]) == (True, True, True)
    assert told["shown"] == {"while it runs": True, "when it is done": False}
    title, said = {"en": "Throw-away", "zh": "一次性"}, {"en": "It was pondered.", "zh": "思考完毕。"}
    assert told["done"] == ["succeeded", {"answer": 42}, said, title]
    says, label = {"en": "Pondering.", "zh": "正在思考。"}, {"en": "pondering", "zh": "正在思考"}
    assert told["going"] == [says, label, False, False]
    assert told["ended"] == ["cancelled", "Cancelled."]


# ------------------------------------------------------------------ what every kind declares

_EVERY = pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.key)


def test_keys_are_different() -> None:
    assert len({kind.key for kind in JOB_KINDS}) == len(JOB_KINDS)


@_EVERY
def test_its_runner_is_there(kind: JobKind) -> None:
    assert callable(runner_of(kind))
    assert kind.runner.startswith("engine.jobs.runners.")


def _told(module: str) -> set[str]:
    """The phases that are told in a module and in all that it imports."""
    seen, waiting, found = set[str](), {module}, set[str]()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        source = MODULES[name].read_text("utf-8")
        found |= set(re.findall(r'\.phase\("(\w+)"', source))
        waiting |= imported(source, MODULES) - seen
    return found


@_EVERY
def test_it_declares_the_phases_that_its_code_tells_and_no_others(kind: JobKind) -> None:
    assert {phase.key for phase in kind.phases} == _told(kind.runner.partition(":")[0])


def _texts(kind: JobKind) -> list[Text]:
    phases = (*kind.phases, PREPARING)
    texts = [kind.title, *(text for phase in phases for text in (phase.label, phase.says, phase.megabytes) if text)]
    return texts + ([] if kind.endings is None else list(vars(kind.endings).values()))


@_EVERY
def test_all_its_texts_are_there_in_both_languages(kind: JobKind) -> None:
    for text in _texts(kind):
        assert all(text.in_(language).strip() for language in LANGUAGES)
        names = [{name for _, name, _, _ in Formatter().parse(text.in_(language)) if name} for language in LANGUAGES]
        assert names[0] == names[1]


@_EVERY
def test_what_it_declares_fits_together(kind: JobKind) -> None:
    assert kind.trains or kind.endings is not None, "only training is told by its steps and losses"
    assert kind.light or kind.stop == "saves", "what takes its time to end has something to save"
    same: Any = kind.same
    assert same is None or not (same.by_key and same.columns)
