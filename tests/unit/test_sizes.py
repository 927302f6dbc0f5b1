"""Amounts of memory: one unit, said by whatever fills a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.sizes import memory_size
from engine.core.text import LANGUAGES, Text, catalogue
from webui.i18n import message, sentence

ROOT = Path(__file__).parents[2]
TYPED = {"cli.arg.memory_mb"}  # names the unit in which it is typed


@pytest.mark.parametrize(
    ("mb", "said"),
    [(0, "0.00 GB"), (4, "< 0.01 GB"), (5, "0.01 GB"), (538, "0.54 GB"), (1150.4, "1.15 GB"), (24_300, "24.30 GB")],
)
def test_memory_is_said_in_one_unit(mb: float, said: str) -> None:
    assert memory_size(mb) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fills_a_text_says_memory_with_its_unit(language: str) -> None:
    params = {"need_mb": 1150, "limit_mb": 24_300}
    wanted = catalogue(language)["plan.verdict.fits"].replace("{need_mb}", "1.15 GB").replace("{limit_mb}", "24.30 GB")
    assert sentence(language, "verdict.fits", params) == wanted
    assert Text("plan.verdict.fits").filled(**params).in_(language) == wanted
    assert "0.10 GB" in message(language, "probe.over_memory", {"used_mb": 120, "limit_mb": 100})


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_names_another_unit_of_memory(language: str) -> None:
    """Megabytes are for files; "{need_mb} GB" would say the unit twice."""
    unit, memory = re.compile(r"(?<![A-Z_])Mi?B\b|\b[TGMk]iB\b"), re.compile(r"memory|内存|显存|_mb\}", re.IGNORECASE)
    twice = re.compile(r"_mb\} ?[A-Z]i?B\b")
    texts = catalogue(language)
    found = {key for key, text in texts.items() if unit.search(text) and memory.search(f"{key} {text}")}
    assert found | {key for key, text in texts.items() if twice.search(text)} == TYPED


def _memory_calls() -> Iterator[str]:
    for file in sorted((ROOT / "webui" / "static" / "views").rglob("*.js")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.search(r"format\.bytes\([^)]*memory", line) or re.search(r"[\"'`] [MG]B[\"'`]", line):
                yield f"{file.name}: {line.strip()}"


def test_pages_say_memory_through_one_function() -> None:
    assert list(_memory_calls()) == []
