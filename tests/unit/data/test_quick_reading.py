"""The quick way through a JSONL file gives what the strict one gives, or leaves it to that."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.quality.duplicates import exact_mark
from engine.data.readers import jsonl_blocks
from engine.data.readers.jsonl_blocks import Block, blocks
from engine.data.records.json_text import parse
from engine.data.records.quick_json import quick_object, stored_row

_TEXT = st.one_of(st.text(max_size=6), st.sampled_from(['":', '\\":', '"', "\\", ":", '" :', '\\\\":', "é灯"]))
_VALUE = st.recursive(
    st.one_of(_TEXT, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(_TEXT, _VALUE), max_size=4), spaced=st.booleans(), ascii_only=st.booleans())
def test_an_object_is_read_as_it_is_or_not_at_all(pairs: list[tuple[str, Any]], spaced: bool, ascii_only: bool) -> None:
    def written(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, separators=(", ", " : ") if spaced else None)

    colon = " :" if spaced else ":"
    line = "{" + ", ".join(f"{written(key)}{colon}{written(value)}" for key, value in pairs) + "}"
    if any("\ud800" <= char <= "\udfff" for char in line):
        return
    found = quick_object(line.encode())
    if found is not None:
        assert repr(found) == repr(parse(line, 1))


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}', '{"a":1,"a"  :2}', '{"a":1,"a" \t:2}', '{"a":1,"a":2,"b" :3}', '{"a":{"b":1,"b":1}}', '{"a":"\\":","a":1}', '{"a\\\\":1,"a\\\\":2}',
        '{"n":12345678901234567890123}', '{"n":1e400}', '{"n":NaN}', '{"n":' + '[' * 700 + ']' * 700 + '}', '{"a":"\\ud83d"}', '["a"]', "{", '{"a":"b":"c"}',
    ],
)  # fmt: skip
def test_what_the_quick_parser_would_lose_is_left_to_the_strict_one(line: str) -> None:
    assert quick_object(line.encode()) is None


@pytest.mark.parametrize(
    "line", ['{"a": "say \\": x\\"", "b": [{"c": 1.5}]}', '{"prompt": "Q", "n": 18446744073709551615}']
)
def test_ordinary_rows_take_the_quick_way(line: str) -> None:
    assert quick_object(line.encode()) == parse(line, 1)


_BYTES = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", "灯".encode(), b" "]), max_size=40).map(b"".join)


def read(path: Path, block: int, *place: int) -> list[Block]:
    before, jsonl_blocks.BLOCK = jsonl_blocks.BLOCK, block
    try:
        return list(blocks(path, *place))
    finally:
        jsonl_blocks.BLOCK = before


@settings(max_examples=60, deadline=None)
@given(data=_BYTES, block=st.integers(1, 9), mark=st.booleans())
def test_lines_are_those_of_python_from_any_place(data: bytes, block: int, mark: bool) -> None:
    expected = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=None).read().split("\n")
    expected = expected[:-1] if not expected[-1] else expected
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + data)
        found = read(path, block)
        lines = [line for one in found for line in one.lines]
        assert [line.decode() for line in lines] == expected
        if found:
            assert found[-1].end == path.stat().st_size
        passed = 0
        for one in found:
            passed += len(one.lines)
            rest = [line for other in read(path, block, one.end, one.first + len(one.lines)) for line in other.lines]
            assert rest == lines[passed:]


def test_a_line_beyond_all_limits_is_cut_and_the_next_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl_blocks, "_LONGEST", 5_000)
    path = tmp_path / "f"
    for end in (b"\n", b"\r\n", b"\r"):
        path.write_bytes(b"one" + end + b"x" * 20_000 + end + b"three" + end + b"four")
        for block in (64, 2**20):
            found = read(path, block)
            whole = [line for one in found if one.whole for line in one.lines]
            if block == 64:
                assert whole == [b"one", b"three", b"four"]
                assert [one.first for one in found if not one.whole] == [2]
            assert found[-1].end == path.stat().st_size
            assert found[-1].first + len(found[-1].lines) == 5


def test_stored_rows_are_read_with_every_digit() -> None:
    turn = {"role": "user", "content": "a"}
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"n": 10**29}}}]}
    for row in (
        {"messages": [turn]},
        {"messages": [turn, call]},
        {"messages": [turn], "extra": {"id": 10**29 + 1}},
        {"text": "a", "extra": {"x": 2**63}},
    ):
        assert stored_row(json.dumps(row).encode()) == row
    infinite = stored_row(b'{"messages": [], "extra": {"x": NaN, "y": Infinity}}')["extra"]
    assert (str(infinite["x"]), infinite["y"]) == ("nan", float("inf"))


def test_rows_whose_tools_differ_in_the_last_of_many_digits_are_no_copies() -> None:
    rows = [{"messages": [], "tools": [{"maximum": 10**29 + at}]} for at in (1, 2, 1)]
    marks = [exact_mark(stored_row(json.dumps(row).encode())) for row in rows]
    assert (len(set(marks)), marks[0]) == (2, marks[2])
