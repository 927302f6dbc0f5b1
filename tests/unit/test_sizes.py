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
OF_FILES = {  # texts about sizes of files, or about how a limit is typed
    "cli.arg.memory_mb",
    "data.upload.too_large",
    "data.upload.too_large_all",
    "error.data.archive.too_large",
    "error.data.excel.too_large",
    "error.data.file.too_large",
    "error.data.hub.too_large",
    "error.data.parquet.too_large",
    "error.data.word.too_large",
    "error.web.disk_full",
    "error.web.upload_too_large",
    "hardware.disk.means",
    "jobs.kinds.phases.downloading.megabytes",
    "settings.limit.max_upload_mb.value",
    "settings.models.none",
    "train.model.none",
}


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
    wrong = re.compile(r"(?<![A-Z_])M(i)?B\b|_mb\} ?[A-Z]B|\b[TGMk]iB\b")
    found = {
        key for key, text in catalogue(language).items() if wrong.search(text.replace("TUNESMITH_MAX_UPLOAD_MB", ""))
    }
    assert found - OF_FILES == set()


def _memory_calls() -> Iterator[str]:
    for file in sorted((ROOT / "webui" / "static" / "views").rglob("*.js")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.search(r"format\.bytes\([^)]*memory", line) or re.search(r"[\"'`] [MG]B[\"'`]", line):
                yield f"{file.name}: {line.strip()}"


def test_pages_say_memory_through_one_function() -> None:
    assert list(_memory_calls()) == []
