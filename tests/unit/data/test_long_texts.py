"""No text stalls the server: what looks at rows takes linear time, whatever stands in them and however long they are."""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.core.params import Param, read_all
from engine.data.detection.detect_upload import detect_upload
from engine.data.operations import OPERATIONS
from engine.data.operations.base import FoundRow, Operation, Row
from engine.data.privacy.kinds import KINDS as PRIVACY
from engine.data.quality import CHECKS, read_settings
from engine.data.quality.base import Check
from engine.data.quality.toxic import patterns_of, shipped
from engine.data.rows.overview import Sampled
from engine.data.rows.stats import measure
from engine.data.schema.contents import json_list, reads_like, thumb_of
from engine.data.thoughts.marks import thought_of
from engine.evaluation.metrics.exact_match import normalised
from engine.services.data.quality.audit_rows import pieces
from engine.services.data.row_edits import check_row
from tests.unit.data.chat_templates import published
from tests.unit.data.long_texts import FULL, KINDS, NAMED, Timed, cost, long_text, rows_too_slow, too_slow
from tests.unit.data.pipeline import run as import_file
from tests.unit.data.shaping import Memory, chat

_PROJECT = Path(__file__).resolve().parents[3]
SECOND = 1.0
# Patterns that are asked about one whole text, of which each place is looked at once: as `fullmatch` does.
WHOLE = {
    "_NUMBERED",
    "_SIZE",
    "_NUMBER",
    "_CODE",
    "_YEAR_FIRST",
    "_YEAR_LAST",
    "_CLOCK",
    "_BOTH",
    "_UNDERLINE",
    "_DAY_ALONE",
    "_IN_QUOTES",
}
# A key of JSON, a piece of a list, or a word of a template is looked for at one place, within so many characters that no row is as long.
AT_ONE_PLACE = {"_KEY", "_SPACE", "_LITERAL_TOKEN", "_GO_STRING", "_GO_WORD"}


def _patterns() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}
    for source in sorted(file for folder in ("engine", "webui") for file in (_PROJECT / folder).rglob("*.py")):
        if "re.compile(" in source.read_text(encoding="utf-8"):
            name = ".".join(source.relative_to(_PROJECT).with_suffix("").parts).removesuffix(".__init__")
            names = vars(importlib.import_module(name)).items()
            found |= {
                f"{name}.{key}": v for key, v in names if isinstance(v, re.Pattern) and isinstance(v.pattern, str)
            }
    terms = patterns_of([*shipped("en"), *shipped("zh"), "a *", "b-c"])
    return found | {f"terms {number}": pattern for number, pattern in enumerate(terms)}


def _asked(name: str, pattern: re.Pattern[str]) -> Callable[[str], object]:
    last = name.rpartition(".")[2]
    if last in WHOLE:
        return pattern.fullmatch
    if last in AT_ONE_PLACE:
        return pattern.match
    return lambda text: (pattern.match(text), pattern.search(text), sum(1 for _ in pattern.finditer(text)))


def test_no_pattern_takes_longer_than_its_text() -> None:
    slow = {name: too_slow(_asked(name, pattern)) for name, pattern in _patterns().items()}
    assert {name: found for name, found in slow.items() if found} == {}


# ---------------------------------------------------------------- checks


class _Material:
    """Rows in memory, as a check sees them."""

    def __init__(self, rows: Timed, folder: Path, kind: str) -> None:
        self._rows, self._folder, self.kind, self.count = rows, folder, kind, len(rows)

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)

    def read(self, places: Sequence[int]) -> list[Row]:
        return self._rows.at(places)

    def scratch(self) -> Path:
        return self._folder

    def reader(self, model: int) -> Any:
        raise AssertionError(model)


def _said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _row(kind: str) -> Callable[[int, str], Row]:
    def row(place: int, text: str) -> Row:
        content: dict[str, Any] = {
            "chat": {"messages": [_said("user", text), _said("assistant", f"I {text}")]},
            "text": {"text": text},
            "preference": {"prompt": [_said("user", text)], "chosen": [_said("assistant", text)], "rejected": [_said("assistant", f"{text}.")]},
        }[kind]  # fmt: skip
        return {
            "id": place,
            "line": place + 1,
            "split": "val" if place % 9 == 8 else "train",
            "extra": {"note": text[:400]},
            **content,
        }

    return row


def _run_check(check: Check, folder: Path, kind: str) -> Callable[[Timed], object]:
    return lambda rows: list(check.run(_Material(rows, folder, kind), read_settings({})[check.key]))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.key)
def test_checks_take_linear_time(check: Check, tmp_path: Path) -> None:
    own = [kind for kind in ("chat", "preference") if kind in check.kinds]
    for place, kind in enumerate(own or check.kinds[:1]):
        kinds = KINDS[:: 1 + 2 * place]
        assert rows_too_slow(_row(kind), _run_check(check, tmp_path, kind), kinds) == {}


@pytest.mark.parametrize("kind", NAMED)
def test_all_checks_of_a_row_of_full_length(kind: str, tmp_path: Path) -> None:
    text = long_text(kind, FULL)
    for check in CHECKS:
        own = "chat" if "chat" in check.kinds else "preference"
        rows = Timed([_row(own)(0, "Why?"), _row(own)(1, text)])
        assert cost(lambda: _run_check(check, tmp_path, own)(rows)) < SECOND, check.key  # noqa: B023


# ---------------------------------------------------------------- operations


class _Source(Memory):
    """Timed rows; every check found each of them."""

    def __init__(self, rows: Timed, folder: Path) -> None:
        super().__init__(rows.at(range(len(rows))))
        self._timed, self._folder = rows, folder
        self.others = {2: Memory([chat(number, f"Why {number}?", note="b") for number in range(30)])}

    def rows(self) -> Iterator[Row]:
        return iter(self._timed)

    def scratch(self) -> Path:
        return self._folder

    def found(self, check: str) -> list[FoundRow]:
        detail = {"side": "held_out", "spans": [[0, at, at + 2, "email"] for at in range(0, 3_000, 3)]}
        whole = {"limit": 2_000, "length": 4_000} if check == "too_long" else {}
        return [FoundRow(row["id"], row["id"] // 2, detail | whole) for row in self._rows]


_GIVEN = {"dataset": 2, "datasets": [2], "text": "Be brief.", "column": "note", "unreadable": "train"}
_EDIT = {"messages": [_said("user", "a"), _said("assistant", "b")]}


def _values(operation: Operation, odd: bool) -> dict[str, Any]:
    """Settings that it can work with: the usual ones, or each at its end."""
    values = {param.key: _odd(param) if odd else param.default for param in operation.params}
    values |= {key: value for key, value in _GIVEN.items() if key in values}
    values |= {"rows": [1]} if operation.key == "drop_rows" else {}
    values |= {"edits": {"0": _EDIT}} if "edits" in values else {}
    values |= {"check": "personal"} if values.get("check") == "" else {}
    return values | ({"check": "too_long" if odd else "truncated"} if operation.key == "shorten_found" else {})


def _odd(param: Param) -> Any:
    if param.kind == "choice" and param.choices:
        return list(param.choices)[-1]
    if param.kind == "multi":
        return list(param.choices)
    return param.maximum if param.kind == "float" else param.default


def _run_operation(operation: Operation, folder: Path, odd: bool) -> Callable[[Timed], object]:
    values, faults = read_all(operation.params, _values(operation, odd), "operation")

    def run(rows: Timed) -> None:
        with contextlib.suppress(Fault):  # data that it cannot work on: it looked at them all the same
            for _row in operation.run(_Source(rows, folder), values):
                pass

    assert not faults, faults
    return run


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if "chat" in one.kinds], ids=lambda one: one.key)
def test_operations_take_linear_time(operation: Operation, tmp_path: Path) -> None:
    for odd in (False, True):
        assert rows_too_slow(_row("chat"), _run_operation(operation, tmp_path, odd)) == {}


@pytest.mark.parametrize("kind", NAMED)
def test_slips_in_a_row_of_full_length(kind: str, tmp_path: Path) -> None:
    noise = next(one for one in OPERATIONS if one.key == "noise")
    rows = Timed([_row("chat")(0, "Why is it dark?"), _row("chat")(1, long_text(kind, FULL))])
    assert cost(lambda: _run_operation(noise, tmp_path, True)(rows)) < 2 * SECOND  # it looks twice, for two turns


# ---------------------------------------------------------------- what else looks at rows


def _counted(text: str) -> None:
    sampled = Sampled()
    sampled.add(_row("chat")(0, text))
    sampled.as_dict()


LOOKS: Mapping[str, Callable[[str], object]] = {
    "numbers of a row": lambda text: measure(_row("chat")(0, text)),
    "report": _counted,
    "row by hand": lambda text: check_row(_row("chat")(0, text)),
    "kind of a column": lambda text: reads_like({text: 1, text[1:]: 2}),
    "a thumb": thumb_of,
    "turns as JSON": json_list,
    "a thought": thought_of,
    "exact match": normalised,
    "found places": lambda text: pieces(text, [(at, at + 1, "email") for at in range(0, len(text) // 4, 2)]),
    **{f"private: {kind}": lambda text, find=find: list(find(text)) for kind, (_label, find) in PRIVACY.items()},  # type: ignore[misc]
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_looks_at_a_text_takes_linear_time(look: str) -> None:
    assert too_slow(LOOKS[look]) == {}


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.jsonl"])
def test_a_file_of_it_is_understood_in_linear_time(name: str, tmp_path: Path) -> None:
    def look(text: str) -> None:
        with contextlib.suppress(Fault):
            (tmp_path / name).write_text(text, encoding="utf-8", newline="")
            detect_upload(tmp_path / name, name, None)
            import_file(tmp_path, text.encode(), name)

    assert too_slow(look, KINDS[::3]) == {}


@pytest.mark.parametrize("name", ["chatml", "qwen-3"])
def test_templates_read_rows_of_it_in_linear_time(name: str) -> None:
    template = published(name)

    def read(text: str) -> None:
        with contextlib.suppress(Fault):
            template.encode([_said("user", text), _said("assistant", text)])

    assert too_slow(read, KINDS[::6]) == {}


def test_a_conversation_of_very_many_turns_is_read_as_far_as_bearable() -> None:
    template = published("chatml")
    talk = [_said("assistant" if place % 2 else "user", f"hi {place}") for place in range(3_000)]
    begun = cost(lambda: template.encode(talk[:1_500]))
    assert cost(lambda: template.encode(talk)) < 3 * begun + 0.05
    read = template.encode(talk)
    learnt = template.decode([one for one in read.labels if one >= 0], skip_special=True)
    assert "hi 399" in learnt
    assert "hi 1501" not in learnt
    assert learnt.endswith("hi 2999")
    assert read.skipped_turns == 1_500 - learnt.count("hi")
