"""What is advised to whom: resume where it helps and from what there is, else what helps instead."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.core.text import LANGUAGES, catalogue
from engine.jobs.resuming import RESUMING, resume_advice, resuming_helps
from webui.i18n import message, sentence, t

JOB: dict[str, Any] = {
    "status": "failed", "trains": True, "checkpoint_step": 25, "can": {"resume": True}, "inputs_there": True, "error": None,
}  # fmt: skip


def failed(code: str, **params: Any) -> dict[str, Any]:
    return {"error": {"code": code, "params": params}}


ENDS = [
    (failed("job.rebooted"), "at_once.step"),
    (failed("job.rebooted") | {"checkpoint_step": None}, "at_once.anew"),
    (failed("job.lost") | {"trains": False}, "at_once.again"),
    (failed("worker.crashed"), "perhaps.step"),
    (failed("worker.crashed") | {"checkpoint_step": None}, "perhaps.anew"),
    (failed("worker.crashed") | {"trains": False}, "perhaps.again"),
    (failed("training.disk_full"), "fixed.step"),
    (failed("training.disk_full") | {"checkpoint_step": None}, "fixed.anew"),
    (failed("export.disk_full") | {"trains": False}, "fixed.again"),
    (failed("training.out_of_memory_loading") | {"checkpoint_step": None}, "fixed.anew"),
    (failed("model.changed"), "fixed.step"),
    (failed("training.nan"), "other_settings"),
    (failed("training.no_examples") | {"checkpoint_step": None}, "other_settings"),
    (failed("training.over_memory"), "other_settings"),
    (failed("job.dataset_gone"), "other_settings"),
    (failed("a.later.version"), "other_settings"),
    (failed("export.differs") | {"trains": False}, None),
    (failed("job.rebooted") | {"inputs_there": False}, "other_settings"),
    ({"status": "stopped"}, "at_once.step"),
    ({"status": "stopped", "checkpoint_step": None}, "at_once.anew"),
    ({"status": "cancelled", "checkpoint_step": None, "can": {"resume": False}}, None),
    ({"status": "running", "can": {"resume": False}}, None),
]


@pytest.mark.parametrize(("job", "code"), ENDS)
def test_resuming_is_advised_where_it_helps(job: dict[str, Any], code: str | None) -> None:
    advice = resume_advice(JOB | job)
    assert (advice["code"] if advice else None) == code
    assert resuming_helps(JOB | job) == (code is not None and code != "other_settings")
    for language in LANGUAGES if advice else ():
        assert advice
        said = sentence(language, advice["code"], advice["params"])
        assert said
        assert "{" not in said
        assert ("25" in said) == advice["code"].endswith(".step")


def test_every_declared_end_has_a_sentence_that_does_not_speak_of_resuming_itself() -> None:
    assert [code for code in RESUMING if message("en", code) == f"error.{code}"] == []
    english = catalogue("en")
    assert {
        key for key, text in english.items() if key.startswith("error.") and re.search(r"\b[Rr]esume\b", text)
    } == set()
    assert {key for key, text in catalogue("zh").items() if key.startswith("error.") and "“继续”" in text} == set()


def test_the_button_that_is_named_is_called_so() -> None:
    for language in LANGUAGES:
        assert t(language, "jobs.again") in t(language, "resume.other_settings")
        assert t(language, "jobs.resume.do") in t(language, "resume.at_once.step")
