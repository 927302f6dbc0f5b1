"""Questions out of a file: the lines of a text, or a column of a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.detection.detect_file import detect_file
from engine.data.detection.file_signatures import binary_format
from engine.data.readers.documents import Documents
from engine.data.readers.source_file import SourceFile
from engine.data.readers.text_reader import COLUMN, text_options
from engine.data.records.bounds import AT_ONCE_SECONDS, Later, ReadingBudget
from engine.data.records.encodings import detect_encoding
from engine.data.records.record import Rejected
from engine.data.schema.declared import SHAPES, plain_name
from engine.services.chat.question_lists import LONGEST_QUESTION, MOST_QUESTIONS
from engine.shapes.chat import QuestionColumn, QuestionFile

LARGEST_BYTES = 10_000_000
_TEXT_ENDINGS = ("txt", "md")
_ASKING = ("question", "prompt", "instruction")  # fields of shapes
_NAMES = frozenset(name for shape in SHAPES for one in shape.fields if one.key in _ASKING for name in one.names)


@dataclass
class _Column:
    """One column: the questions in it, as many as are taken."""

    name: str
    questions: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # the row of each
    filled: int = 0  # cells that say something

    def add(self, value: Any, place: int) -> None:
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        if text.strip():
            self.filled += 1
            if len(self.questions) < MOST_QUESTIONS:
                self.places.append(place)
                self.questions.append(text.strip()[: LONGEST_QUESTION + 1])  # a longer one is refused by its length


def read_question_file(path: Path, name: str) -> QuestionFile:
    """Every column of a text file (one, its lines), a CSV file or the first sheet of an Excel book.

    Raises:
        Fault: "questions.other_file", "questions.none", "questions.too_slow", or why the file cannot be read.
    """
    try:
        return _read(path, name, ReadingBudget(5 * AT_ONCE_SECONDS))
    except Later:
        raise Fault("questions.too_slow", seconds=round(5 * AT_ONCE_SECONDS)) from None


def _read(path: Path, name: str, budget: ReadingBudget) -> QuestionFile:
    columns: dict[str, _Column] = {}
    skipped = 0
    for place, record in enumerate(_source(path, name, budget).records(budget)):
        if isinstance(record, Rejected):
            skipped += 1
            continue
        for column, value in record.values.items():
            columns.setdefault(column, _Column(column)).add(value, place)
    found = [column for column in columns.values() if column.filled]
    if not found:
        raise Fault("questions.none")
    shown: list[QuestionColumn] = [
        {"name": one.name, "questions": one.questions, "places": one.places, "filled": one.filled} for one in found
    ]
    return {"columns": shown, "guess": _guess(found), "skipped": skipped}


def _source(path: Path, name: str, budget: ReadingBudget) -> SourceFile:
    """How the file is read: what is called a text is one, whatever its lines look like."""
    if binary_format(path) not in (None, "xlsx"):
        raise Fault("questions.other_file")
    if name.rpartition(".")[2].lower() in _TEXT_ENDINGS and binary_format(path) is None:
        return SourceFile(path, name, "txt", detect_encoding(path).name, text_options({"unit": "line"}))
    with Documents() as documents:
        return detect_file(SourceFile(path, name, ""), None, {"unit": "line"}, documents, budget).file


def _guess(columns: list[_Column]) -> int:
    """The column that is named for questions, else the one with the longest texts."""
    named = (place for place, column in enumerate(columns) if plain_name(column.name) in _NAMES | {COLUMN})
    return next(chain(named, [max(range(len(columns)), key=lambda place: _mean_length(columns[place]))]))


def _mean_length(column: _Column) -> float:
    return sum(map(len, column.questions)) / len(column.questions)
