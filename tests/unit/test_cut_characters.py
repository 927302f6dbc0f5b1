"""A text that was cut within a character shows the whole ones alone, wherever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.settings import Settings
from engine.data.templates.template import ChatTemplate
from engine.evaluation.sampling import prompt_of
from engine.jobs.executors.local import last_words, worker_log
from tests.tiny import write_tokenizer

HALF = "\ufffd"
TEXT = "春眠不觉晓🌸处处闻啼鸟，夜来风雨声🌧花落知多少。" * 6


@pytest.fixture
def template(tmp_path: Path) -> ChatTemplate:
    """A tokenizer of single bytes, so that almost every cut is within a character."""
    return ChatTemplate.load(write_tokenizer(tmp_path / "tokenizer"))


def test_an_answer_that_ends_anywhere_has_whole_characters(template: ChatTemplate) -> None:
    ids = template.tokenizer.encode(TEXT).ids
    assert any(template.decode(ids[:end]).endswith(HALF) for end in range(40))
    for end in range(len(ids)):
        said = template.whole_text(ids[:end])
        assert HALF not in said
        assert TEXT.startswith(said)


@pytest.mark.parametrize("start", range(12))
def test_the_beginning_and_the_rest_of_a_text_meet_between_characters(template: ChatTemplate, start: int) -> None:
    prompt = prompt_of({"text": TEXT[start:]}, template)
    assert prompt is not None
    assert prompt.expected is not None
    assert HALF not in prompt.text + prompt.expected
    assert TEXT[start:].startswith(prompt.text + prompt.expected)
    assert template.decode(prompt.ids) == prompt.text


def test_the_last_line_of_a_worker_begins_with_a_whole_character(settings: Settings) -> None:
    log = worker_log(settings, 1, 1)
    log.parent.mkdir(parents=True, exist_ok=True)
    for extra in range(3):
        log.write_text("字" * 3000 + "x" * extra, encoding="utf-8")
        assert HALF not in last_words(settings, 1, 1)
