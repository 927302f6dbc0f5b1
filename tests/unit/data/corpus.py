"""Bad files, made by script, each with what must be said about it. Good rows are Q1/A1, Q2/A2 ... and none may be lost."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.data.records.bounds import MAX_FIELD, MAX_ROW

Reason = tuple[int | None, int | None, str | None, str, Any]  # params: a dict, or ... where a library words them


@dataclass(frozen=True)
class Bad:
    """A file in which some rows are bad: how many good ones there are, and (line, row, column, code, params) of the rest."""

    name: str
    make: Callable[[], bytes]
    good: int
    rejected: list[Reason] = field(default_factory=list)
    format: str = ""
    shape: str | None = None
    mapping: dict[str, str] | None = None
    filename: str = "data"
    texts: list[str] | None = None  # of plain text
    pairs: list[tuple[str, str]] | None = None  # where they are not Q1/A1, Q2/A2 ...


@dataclass(frozen=True)
class Refused:
    """A file that is refused whole."""

    name: str
    make: Callable[[], bytes]
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    filename: str = "data"


def good(number: int) -> dict[str, str]:
    return {"prompt": f"Q{number}", "completion": f"A{number}"}


def jsonl(*rows: Any) -> bytes:
    """Rows that are text stand there as they are."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


def table(*lines: str, head: str = "prompt,completion") -> bytes:
    return "".join(line + "\n" for line in (head, *lines)).encode()


def chat(*turns: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def good_chat(number: int) -> dict[str, Any]:
    return chat(("user", f"Q{number}"), ("assistant", f"A{number}"))


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


ROWS = [good(1), good(2), good(3)]
MALFORMED = "data.json.malformed"
_PRETTY = json.dumps([good(1), good(0), good(2)], indent=2).replace('"A0"', "x")
_LONG_FIELD = "x" * (MAX_FIELD + 1)

BAD = [
    # one object a line
    Bad(
        "jsonl-malformed",
        lambda: jsonl(good(1), '{"prompt": "x" "completion": "y"}', good(2), "", "garbage", good(3)),
        3,
        [
            (2, 2, None, MALFORMED, {"position": 16, "near": 'rompt": "x" "completion"'}),
            (5, 4, None, MALFORMED, {"position": 1, "near": "garbage"}),
        ],
        "jsonl",
    ),
    Bad("jsonl-first-line-bad", lambda: jsonl('{"prompt": "x"', *ROWS), 3, [(1, 1, None, MALFORMED, {"position": 15, "near": 'prompt": "x"'})], "jsonl"),
    Bad("jsonl-cut-off", lambda: jsonl(*ROWS) + b'{"prompt": "Q4", "compl', 3, [(4, 4, None, MALFORMED, {"position": 18, "near": 'mpt": "Q4", "compl'})], "jsonl"),
    Bad("jsonl-doubled-key", lambda: jsonl(good(1), '{"prompt": "a", "completion": "b", "prompt": "c"}', good(2)), 2, [(2, 2, None, "data.json.doubled_key", {"key": "prompt"})], "jsonl"),
    Bad("jsonl-not-an-object", lambda: jsonl(good(1), "[1, 2]", "42", good(2)), 2, [(2, 2, None, "data.json.not_object", {"found": "[1, 2]"}), (3, 3, None, "data.json.not_object", {"found": "42"})], "jsonl"),
    Bad("jsonl-too-deep", lambda: jsonl(good(1), '{"prompt": ' + "[" * 200_000 + "]" * 200_000 + "}", good(2)), 2, [(2, 2, None, "data.json.too_deep", {})], "jsonl"),
    Bad("jsonl-endless-number", lambda: jsonl(good(1), '{"prompt": ' + "9" * 5_000 + "}", good(2)), 2, [(2, 2, None, "data.json.number", {})], "jsonl"),
    Bad("jsonl-raw-nul", lambda: jsonl(good(1)) + b'{"prompt": "a\0", "completion": "b"}\n' + jsonl(good(2)), 2, [(2, 2, None, "data.row.nul", {})], "jsonl"),
    Bad("jsonl-escaped-nul", lambda: jsonl(good(1), {"prompt": "a\0", "completion": "b"}, good(2)), 2, [(2, 2, "prompt", "data.row.nul", {"column": "prompt"})], "jsonl"),
    Bad("jsonl-half-character", lambda: jsonl(good(1), '{"prompt": "\\ud83d", "completion": "b"}', good(2)), 2, [(2, 2, "prompt", "data.row.half_character", {"column": "prompt"})], "jsonl"),
    Bad("jsonl-bad-bytes", lambda: jsonl(*ROWS) + "é".encode() * 9 + b"\n" + b'{"prompt": "\xff", "completion": "b"}\n', 3, [(4, 4, None, MALFORMED, {"position": 1, "near": "é" * 9}), (5, 5, None, "data.row.bad_bytes", {})], "jsonl"),
    Bad("jsonl-row-too-long", lambda: jsonl(good(1), {"prompt": "x" * (MAX_ROW + 1), "completion": "b"}, good(2)), 2, [(2, 2, None, "data.row.too_long", {"limit": MAX_ROW})], "jsonl"),
    Bad("jsonl-field-too-long", lambda: jsonl(good(1), {"prompt": _LONG_FIELD, "completion": "b"}, good(2)), 2, [(2, 2, "prompt", "data.row.field_too_long", {"column": "prompt", "limit": MAX_FIELD})], "jsonl"),
    # mixed schemas
    Bad(
        "mixed-schemas",
        lambda: jsonl(good(1), {"text": "x"}, good(2), {"prompt": 7, "completion": "b"}, {"prompt": None, "completion": "b"}, {"prompt": " ", "completion": "b"}, good(3)),
        3,
        [
            (2, 2, "prompt", "data.row.no_column", {"column": "prompt", "found": "text"}),
            (4, 4, "prompt", "data.row.not_text", {"column": "prompt", "found": "7"}),
            (5, 5, "prompt", "data.row.empty", {"column": "prompt"}),
            (6, 6, "prompt", "data.row.empty", {"column": "prompt"}),
        ],
        "jsonl",
    ),
    # a list in a file
    Bad("json-one-bad-row", lambda: _PRETTY.encode(), 2, [(8, 2, None, MALFORMED, {"position": 19, "near": 'ompletion": x }'})], "json"),
    Bad("json-missing-brace", lambda: b'[\n{"prompt": "Q1", "completion": "A1"},\n{"prompt": "x", "completion": "y",\n{"prompt": "Q2", "completion": "A2"}\n]\n', 2, [(3, 2, None, "data.json.not_closed", {})], "json"),
    Bad("json-missing-quote", lambda: b'[\n{"prompt": "Q1", "completion": "A1"},\n{"prompt": "x", "completion": "y},\n{"prompt": "Q2", "completion": "A2"},\n{"prompt": "Q3", "completion": "A3"}\n]\n', 3, [(3, 2, None, "data.json.not_closed", {})], "json"),
    Bad("json-stray-quote", lambda: b'[\n{"prompt": "Q1", "completion": "A1"},\n{"prompt": "x"y", "completion": ""},\n{"prompt": "Q2", "completion": "A2"}]', 2, [(3, 2, None, "data.json.not_closed", {})], "json"),
    Bad("json-missing-comma", lambda: b'[\n{"prompt": "Q1", "completion": "A1"},\n{"prompt": "x" "completion": "y"},\n{"prompt": "Q2", "completion": "A2"}]', 2, [(3, 2, None, MALFORMED, {"position": 16, "near": 'rompt": "x" "completion"'})], "json"),
    Bad("json-cut-off-between", lambda: b'[{"prompt": "Q1", "completion": "A1"},\n', 1, [(2, None, None, "data.json.cut_off", {})], "json"),
    Bad("json-cut-off-inside", lambda: b'[{"prompt": "Q1", "completion": "A1"},\n{"prompt": "Q2", "comp', 1, [(2, 2, None, MALFORMED, {"position": 18, "near": 'mpt": "Q2", "comp'})], "json"),
    Bad("json-after-end", lambda: json.dumps(ROWS).encode() + b'\n{"prompt": "x"}', 3, [(2, None, None, "data.json.after_end", {"near": "{"})], "json"),
    Bad("json-double-comma", lambda: b'[{"prompt": "Q1", "completion": "A1"},\n,{"prompt": "Q2", "completion": "A2"}]', 2, [(2, 1, None, MALFORMED, {"position": 1, "near": ","})], "json"),
    # tables
    Bad("csv-ragged", lambda: table("Q1,A1", "x", "a,b,c", "Q2,A2", "Q3,A3", "Q4,A4", "Q5,A5"), 5, [(3, 2, None, "data.csv.ragged", {"expected": 2, "found": 1}), (4, 3, None, "data.csv.ragged", {"expected": 2, "found": 3})], "csv"),
    Bad("csv-ragged-after-quoted-lines", lambda: table('"Q1",A1', '"Q2\nmore",A2', "x", "Q3,A3"), 3, [(5, 3, None, "data.csv.ragged", {"expected": 2, "found": 1})], "csv"),
    Bad("csv-open-quote", lambda: table("Q1,A1", 'x,"never closed', "Q2,A2", "Q3,A3"), 3, [(3, 2, None, "data.csv.open_quote", {})], "csv"),
    Bad("csv-stray-quote", lambda: table("Q1,A1", '"x"y,b', "Q2,A2"), 2, [(3, 2, None, "data.csv.stray_quote", {})], "csv"),
    Bad("csv-empty-cell", lambda: table("Q1,A1", ",b", "a,", "Q2,A2"), 2, [(3, 2, "prompt", "data.row.empty", {"column": "prompt"}), (4, 3, "completion", "data.row.empty", {"column": "completion"})], "csv"),
    Bad("csv-nul", lambda: table("Q1,A1", "a\0,b", "Q2,A2"), 2, [(3, 2, "prompt", "data.row.nul", {"column": "prompt"})], "csv"),
    Bad("csv-field-too-long", lambda: table("Q1,A1", _LONG_FIELD + ",b", "Q2,A2"), 2, [(3, 2, "prompt", "data.row.field_too_long", {"column": "prompt", "limit": MAX_FIELD})], "csv"),
    Bad("csv-row-too-long", lambda: table("Q1,A1", "x" * (MAX_ROW + 10) + ",b", "Q2,A2"), 2, [(3, 2, None, "data.row.too_long", {"limit": MAX_ROW})], "csv"),
    Bad("csv-bad-bytes", lambda: table("Q1,A1,ééééééééé", head="prompt,completion,note") + b"\xff,b,c\n" + b"Q2,A2,c\n", 2, [(3, 2, None, "data.row.bad_bytes", {})], "csv"),
    # conversations
    Bad(
        "turns",
        lambda: jsonl(
            good_chat(1),
            chat(("user", "a")),
            chat(("user", "a"), ("user", "b"), ("assistant", "c")),
            chat(("assistant", "a"), ("user", "b")),
            chat(("user", "a"), ("assistant", "b"), ("user", "c")),
            chat(("user", "a"), ("system", "b"), ("assistant", "c")),
            chat(("user", "a"), ("critic", "b"), ("assistant", "c")),
            chat(("user", ""), ("assistant", "b")),
            chat(("user", "a"), ("assistant", " \n")),
            chat(("user", "a"), ("assistant", [1])),
            chat(("user", "a"), ("assistant", None)),
            {"messages": []},
            {"messages": "hello"},
            {"messages": {"role": "user"}},
            {"messages": ["hello"]},
            {"messages": [{"role": "user"}]},
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "tool_calls": [1]}]},
            chat(("system", "a"), ("system", "b"), ("user", "c"), ("assistant", "d")),
            *[good_chat(i) for i in range(2, 20)],
        ),
        19,
        [
            (2, 2, "messages", "data.turn.no_answer", {"column": "messages"}),
            (3, 3, "messages", "data.turn.twice", {"column": "messages", "turn": 2, "role": "user"}),
            (4, 4, "messages", "data.turn.first", {"column": "messages", "turn": 1, "role": "assistant"}),
            (5, 5, "messages", "data.turn.last", {"column": "messages"}),
            (6, 6, "messages", "data.turn.late_system", {"column": "messages", "turn": 2}),
            (7, 7, "messages", "data.turn.unknown_role", {"column": "messages", "turn": 2, "role": "critic"}),
            (8, 8, "messages", "data.turn.empty", {"column": "messages", "turn": 1, "role": "user"}),
            (9, 9, "messages", "data.turn.empty", {"column": "messages", "turn": 2, "role": "assistant"}),
            (10, 10, "messages", "data.turn.not_text", {"column": "messages", "turn": 2, "found": "[1]"}),
            (11, 11, "messages", "data.turn.not_text", {"column": "messages", "turn": 2, "found": "null"}),
            (12, 12, "messages", "data.row.empty", {"column": "messages"}),
            (13, 13, "messages", "data.turn.not_json", {"column": "messages"}),
            (14, 14, "messages", "data.turn.no_list", {"column": "messages", "found": '{"role": "user"}'}),
            (15, 15, "messages", "data.turn.no_object", {"column": "messages", "turn": 1, "found": "hello"}),
            (16, 16, "messages", "data.turn.no_key", {"column": "messages", "turn": 1, "key": "content", "found": "role"}),
            (17, 17, "messages", "data.turn.calls", {"column": "messages", "turn": 2, "found": "1"}),
            (18, 18, "messages", "data.turn.late_system", {"column": "messages", "turn": 2}),
        ],
        "jsonl",
    ),
    Bad(
        "two-systems",
        lambda: jsonl(good_chat(1), {**chat(("system", "a"), ("user", "b"), ("assistant", "c")), "system": "d"}, good_chat(2)),
        2,
        [(2, 2, "system", "data.turn.two_systems", {"column": "system"})],
        "jsonl",
    ),
    # Parquet
    Bad("parquet-nulls", lambda: parquet({"prompt": ["Q1", None, "Q2"], "completion": ["A1", "x", "A2"]}), 2, [(None, 2, "prompt", "data.row.empty", {"column": "prompt"})], "parquet"),
    Bad("parquet-not-text", lambda: parquet({"prompt": ["Q1"], "completion": ["A1"], "system": [1]}), 0, [(None, 1, "system", "data.row.not_text", {"column": "system", "found": "1"})], "parquet", "prompt_completion", {"prompt": "prompt", "completion": "completion", "system": "system"}),
    Bad("parquet-nested-wrong", lambda: parquet({"messages": [[{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}], [{"role": "user", "content": "x"}]]}), 1, [(None, 2, "messages", "data.turn.no_answer", {"column": "messages"})], "parquet"),
    # plain text
    Bad("txt-nul", lambda: b"One.\n\nTw\0o.\n\nThree.\n", 2, [(3, 2, "text", "data.row.nul", {"column": "text"})], "txt", texts=["One.", "Three."]),
    Bad("txt-too-long", lambda: b"One.\n\n" + _LONG_FIELD.encode() + b"\n\nThree.\n", 2, [(3, 2, "text", "data.row.field_too_long", {"column": "text", "limit": MAX_FIELD})], "txt", texts=["One.", "Three."]),
]  # fmt: skip

REFUSED = [
    Refused("empty", lambda: b"", "data.file.empty"),
    Refused("blank", lambda: b" \n\t\n", "data.file.blank"),
    Refused("only-a-mark", lambda: b"\xef\xbb\xbf", "data.file.blank"),
    Refused("all-nul", lambda: b"\0" * 4096, "data.file.binary", {"kind": "?"}),
    Refused("random", lambda: bytes(range(256)) * 40, "data.file.binary", {"kind": "?"}),
    Refused("gzip", lambda: b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "data.archive.nested", {}),
    Refused("pickle", lambda: b"\x80\x04\x95\x00\x00", "data.file.binary", {"kind": "pickle"}),
    Refused("png", lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "data.file.binary", {"kind": "PNG"}),
    Refused("old-excel", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "data.file.office", {"kind": "XLS, DOC"}),
    Refused("csv-header-alone", lambda: b"instruction,output\n", "data.csv.header_only", {"columns": "instruction, output"}),
    Refused("csv-header-alone-no-end", lambda: b"prompt;completion", "data.csv.header_only", {"columns": "prompt, completion"}),
    Refused("json-empty-list", lambda: b"[]", "data.file.no_rows"),
    Refused("json-no-list", lambda: b'{\n "a": {"b": 1}\n}\n', "data.json.no_list"),
    Refused("json-several-lists", lambda: b'{\n "people": [{"a": "b"}],\n "places": [{"a": "b"}]\n}\n', "data.json.several_lists", {"keys": "people, places"}),
    Refused("json-list-of-texts", lambda: b'[\n"a",\n"b"]', "data.file.no_good_rows", {"rows": 2, "line": 2}),
    Refused("parquet-truncated", lambda: parquet({"text": ["a" * 50]})[:-30], "data.parquet.truncated"),
    Refused("parquet-empty", lambda: parquet({"text": pa.array([], pa.string())}), "data.parquet.empty"),
]  # fmt: skip
