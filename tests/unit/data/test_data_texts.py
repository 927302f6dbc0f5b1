"""Everything that the reading of data can say is there in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from engine.core.text import LANGUAGES, catalogue
from engine.data.readers.documents import DOCUMENTS
from engine.data.readers.tables.quotes import DOUBLED, QUOTING
from engine.data.readers.tables.take import ARROW, TABLES

_ROOT = Path(__file__).parents[3]
_NOTES = ("detect.encoding.", "detect.format.", "detect.columns.", "detect.files.")
_READING = [*(_ROOT / "engine" / "data").rglob("*.py"), *(_ROOT / "engine" / "services" / "data").glob("sources*.py")]
_ALL = sorted((_ROOT / "engine").rglob("*.py"))


def _found(files: Iterable[Path], pattern: str) -> set[str]:
    return {code for file in files for code in re.findall(pattern, file.read_text(encoding="utf-8"))}


def test_every_code_has_its_sentence() -> None:
    faults = {
        f"error.{code}" for code in _found(_READING, r'(?:Fault|Rejected)\(\s*"(data\.[a-z_]+(?:\.[a-z_0-9]+)*)"')
    }
    notes = {f"detect.{code}" for code in _found(_ALL, r'"((?:encoding|format|columns|files)\.[a-z_0-9]+)"')}
    made = (
        "txt_paragraph",
        "txt_line",
        "parquet",
        "xlsx",
        ARROW,
        *TABLES,
        *DOCUMENTS,
        "header_doubtful",
        "header_missing",
    )
    notes |= {f"detect.format.{kind}" for kind in made}
    notes |= {f"detect.format.{kind}_no_header" for kind in ("xlsx", *TABLES) if kind != "sqlite"}
    notes |= {f"detect.format.quotes_{way}" for way in QUOTING if way != DOUBLED}
    assert (len(faults) > 50, len(notes) > 30) == (True, True)
    for language in LANGUAGES:
        texts = catalogue(language)
        assert sorted((faults | notes) - texts.keys()) == []
        assert sorted({key for key in texts if key.startswith(_NOTES)} - notes) == []
