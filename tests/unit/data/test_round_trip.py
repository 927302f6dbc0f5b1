"""Whatever the texts are, they come out as they went in: through every format, the split and the store."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.records.record import clip
from engine.data.rows.split import fingerprint, held_out, held_out_count
from tests.unit.data.corpus import parquet
from tests.unit.data.pipeline import run

_ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_TEXT = st.text(_ANY, min_size=1, max_size=40).filter(str.strip)
_NASTY = st.sampled_from(
    [
        "007",
        "NA",
        "a\nb",
        "a\r\nb",
        "\r",
        '"',
        '""',
        "a,b",
        "a;b\tc|d",
        "{",
        "]",
        "[1]",
        "\\",
        "\ufeff",
        "\u2028x",
        "\x85x",
        "é灯💡",
    ]
)
_CELL = st.one_of(_TEXT, _NASTY).filter(str.strip)
_TABLE = st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=12)
_QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def imported(data: bytes) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        result = run(Path(folder), data, "table.csv", val_fraction=0.2)
        assert result.rejected == []
        return result.pairs


def as_csv(rows: list[tuple[str, str]], delimiter: str, end: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("prompt", "completion"), *rows])
    return out.getvalue().encode()


@_QUICK
@given(rows=_TABLE, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_csv(rows: list[tuple[str, str]], delimiter: str, end: str) -> None:
    assert imported(as_csv(rows, delimiter, end)) == rows


@_QUICK
@given(rows=_TABLE, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans(), inside=st.booleans())
def test_json(rows: list[tuple[str, str]], indent: int | None, ascii_only: bool, inside: bool) -> None:
    objects = [{"prompt": q, "completion": a} for q, a in rows]
    text = json.dumps({"n": 1, "rows": objects} if inside else objects, indent=indent, ensure_ascii=ascii_only)
    assert imported(text.encode()) == rows


@_QUICK
@given(rows=_TABLE, ascii_only=st.booleans())
def test_jsonl(rows: list[tuple[str, str]], ascii_only: bool) -> None:
    lines = [json.dumps({"prompt": q, "completion": a}, ensure_ascii=ascii_only) for q, a in rows]
    assert imported("\n".join(lines).encode()) == rows


@_QUICK
@given(rows=_TABLE)
def test_parquet(rows: list[tuple[str, str]]) -> None:
    assert imported(parquet({"prompt": [q for q, _ in rows], "completion": [a for _, a in rows]})) == rows


@_QUICK
@given(rows=_TABLE, codec=st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_encodings_with_a_mark(rows: list[tuple[str, str]], codec: str) -> None:
    assert imported(as_csv(rows, ",", "\n").decode().encode(codec)) == rows


@_QUICK
@given(
    data=st.binary(max_size=400),
    start=st.sampled_from([b"", b"prompt,completion\n", b'[{"prompt": "a"},', b'{"prompt": "a"}\n']),
)
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, start: bytes) -> None:
    mapping = {"prompt": "prompt", "completion": "completion"}
    with tempfile.TemporaryDirectory() as folder, suppress(Fault):  # any other error fails the test
        run(Path(folder), start + data, shape="prompt_completion", mapping=mapping)


@_QUICK
@given(texts=st.lists(_TEXT, max_size=60), fraction=st.floats(0, 0.9), seed=st.integers(0, 2**31))
def test_split_is_fixed_by_seed_and_content(texts: list[str], fraction: float, seed: int) -> None:
    marks = [fingerprint(text) for text in texts]
    chosen = held_out(marks, fraction, seed)
    assert len(chosen) == held_out_count(len(texts), fraction)
    assert chosen == held_out(marks, fraction, seed)
    if len(set(texts)) == len(texts):
        backwards = held_out(marks[::-1], fraction, seed)
        assert {texts[::-1][place] for place in backwards} == {texts[place] for place in chosen}


@pytest.mark.parametrize(
    ("rows", "fraction", "expected"),
    [(0, 0.1, 0), (1, 0.5, 0), (9, 0.01, 0), (10, 0.01, 1), (10, 0, 0), (100, 0.1, 10), (3, 0.9, 2), (1000, 0.0001, 1)],
)
def test_size_of_the_held_out_part(rows: int, fraction: float, expected: int) -> None:
    assert held_out_count(rows, fraction) == expected


def test_equal_rows_stay_on_one_side() -> None:
    marks = [fingerprint(str(i // 2)) for i in range(100)]
    for seed in range(20):
        chosen = held_out(marks, 0.1, seed)
        assert len(chosen) == 10
        assert all((place ^ 1) in chosen for place in chosen)
    assert len(held_out([7] * 10, 0.1, 1)) == 1


def test_another_seed_gives_another_split() -> None:
    marks = [fingerprint(str(i)) for i in range(50)]
    assert len({frozenset(held_out(marks, 0.2, seed)) for seed in range(10)}) == 10


def test_shown_text_is_short_and_clean() -> None:
    assert clip("a" * 3_000).endswith("…")
    assert len(clip("a" * 3_000)) == 2_001
    assert clip("a\0\ud83d") == "a\N{REPLACEMENT CHARACTER}?"
