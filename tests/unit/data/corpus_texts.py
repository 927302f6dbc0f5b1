"""Bad text files, made by script: encodings, line ends, quotes and marks in the wrong place."""

from __future__ import annotations

import codecs
import json

from tests.unit.data.corpus import MALFORMED, ROWS, Bad, Refused, good, jsonl, table

BOM = codecs.BOM_UTF8
_CHINESE = [{"prompt": f"Q{i}\n你们的客服电话是什么，几点开门", "completion": f"A{i}"} for i in (1, 2, 3)]


def _gbk() -> bytes:
    lines = [json.dumps(row, ensure_ascii=False) for row in _CHINESE]
    return "\n".join([lines[0], '{"prompt": "坏的一行', *lines[1:]]).encode("gbk")


def _utf16_cut() -> bytes:
    return table("Q1,A1", "Q2,A2", "x").decode().encode("utf-16")


TEXT_BAD = [
    Bad("gbk-jsonl", _gbk, 3, [(2, 2, None, MALFORMED, {"position": 12, "near": '{"prompt": "坏的一行'})], "jsonl"),
    Bad("utf16-csv-ragged", _utf16_cut, 2, [(4, 3, None, "data.csv.ragged", {"expected": 2, "found": 1})], "csv"),
    Bad("utf16-jsonl-half-a-unit", lambda: jsonl(*ROWS).decode().encode("utf-16") + b"\n", 3, [(4, 4, None, "data.row.bad_bytes", {})], "jsonl"),
    Bad("utf32-csv", lambda: table("Q1,A1", "Q2,A2").decode().encode("utf-32"), 2, [], "csv"),
    Bad("bom-in-the-middle-jsonl", lambda: BOM + jsonl(good(1)) + BOM + jsonl(good(2)), 2, [], "jsonl"),
    Bad("bom-in-the-middle-csv", lambda: BOM + table("Q1,A1") + BOM + b"Q2,A2\n", 2, [], "csv"),
    Bad("bom-doubled", lambda: BOM + BOM + table("Q1,A1", "Q2,A2"), 2, [], "csv"),
    Bad("mixed-line-ends-csv", lambda: b"prompt,completion\r\nQ1,A1\nQ2,A2\rQ3,A3\r\nx\n", 3, [(5, 4, None, "data.csv.ragged", {"expected": 2, "found": 1})], "csv"),
    Bad("mixed-line-ends-jsonl", lambda: jsonl(good(1)).rstrip() + b"\r\n" + jsonl(good(2)).rstrip() + b"\r" + b"x\n" + jsonl(good(3)), 3, [(3, 3, None, MALFORMED, {"position": 1, "near": "x"})], "jsonl"),
    Bad("csv-quote-open-at-the-end", lambda: table("Q1,A1", "Q2,A2", 'x,"y'), 2, [(4, 3, None, "data.csv.open_quote", {})], "csv"),
    Bad("csv-two-open-quotes", lambda: table("Q1,A1", 'x,"y', "Q2,A2", 'x,"y', "Q3,A3"), 3, [(3, 2, None, "data.csv.open_quote", {}), (5, 4, None, "data.csv.open_quote", {})], "csv"),
    Bad("csv-blank-lines", lambda: table("Q1,A1", "", "  ", "Q2,A2", ""), 2, [(4, 2, None, "data.csv.ragged", {"expected": 2, "found": 1})], "csv"),
    Bad("csv-header-again", lambda: table("Q1,A1", "Q2,A2", ",", "Q3,A3"), 3, [(4, 3, "prompt", "data.row.empty", {"column": "prompt"})], "csv"),
    Bad("csv-a-comma-too-many", lambda: table("Q1,A1", "Q2,A2,", "Q3,A3").replace(b"Q2,A2,", b"x,y,").replace(b"Q3,A3", b"Q2,A2"), 2, [(3, 2, None, "data.csv.ragged", {"expected": 2, "found": 3})], "csv"),
    Bad("tsv-quotes-as-letters", lambda: b'prompt\tcompletion\nQ1\tA1\nx\t5" wide\nQ2\tA2\n"z\ty\n', 4, [], "tsv", mapping={"prompt": "prompt", "completion": "completion"}, shape="prompt_completion", pairs=[("Q1", "A1"), ("x", '5" wide'), ("Q2", "A2"), ('"z', "y")]),
    Bad("jsonl-separators-inside-texts", lambda: jsonl(*({"prompt": f"Q{i}\n\u2028\x85\x1c\x0b", "completion": f"A{i}"} for i in (1, 2)), "x"), 2, [(3, 3, None, MALFORMED, {"position": 1, "near": "x"})], "jsonl"),
    Bad("jsonl-raw-separators-inside-texts", lambda: "".join(json.dumps({"prompt": f"Q{i}\n\u2028\x85", "completion": f"A{i}"}, ensure_ascii=False) + "\n" for i in (1, 2)).encode(), 2, [], "jsonl"),
    Bad("jsonl-single-quotes", lambda: jsonl(good(1), "{'prompt': 'x', 'completion': 'y'}", good(2)), 2, [(2, 2, None, MALFORMED, {"position": 2, "near": "{'prompt': 'x"})], "jsonl"),
    Bad("jsonl-comment", lambda: jsonl("// ours", good(1), good(2)), 2, [], "jsonl"),
    Bad("jsonl-two-on-a-line", lambda: jsonl(good(1), json.dumps(good(0)) + json.dumps(good(0)), good(2)), 2, [(2, 2, None, MALFORMED, {"position": 37, "near": 'tion": "A0"}{"prompt": "'})], "jsonl"),
    Bad("jsonl-latin1-line", lambda: jsonl(good(1)) + "é".encode() * 9 + b"\n" + '{"prompt": "café", "completion": "y"}\n'.encode("latin-1") + jsonl(good(2)), 2, [(2, 2, None, MALFORMED, {"position": 1, "near": "é" * 9}), (3, 3, None, "data.row.bad_bytes", {})], "jsonl"),
    Bad("jsonl-overlong-bytes", lambda: jsonl(good(1)) + "é".encode() * 9 + b"\n" + b'{"prompt": "\xc0\xaf", "completion": "y"}\n' + jsonl(good(2)), 2, [(2, 2, None, MALFORMED, {"position": 1, "near": "é" * 9}), (3, 3, None, "data.row.bad_bytes", {})], "jsonl"),
    Bad("json-infinite-depth-after-good", lambda: jsonl(good(1), '{"a":' * 3_000 + "1" + "}" * 3_000, good(2)), 2, [(2, 2, None, "data.json.too_deep", {})], "jsonl"),
    Bad("txt-bad-bytes", lambda: b"One.\n\n" + "é".encode() * 9 + b"\xff\n\nThree.\n", 2, [(3, 2, None, "data.row.bad_bytes", {})], "txt", texts=["One.", "Three."]),
    Bad("md-nul", lambda: b"# One\n\nTw\0o\n", 0, [(1, 1, "text", "data.row.nul", {"column": "text"})], "md", filename="a.md", texts=[]),
]  # fmt: skip

TEXT_REFUSED = [
    Refused("csv-header-alone-with-mark", lambda: BOM + b"prompt,completion\r\n\r\n", "data.csv.header_only", {"columns": "prompt, completion"}),
    Refused("tsv-header-alone", lambda: b"prompt\tcompletion\n", "data.csv.header_only", {"columns": "prompt, completion"}),
    Refused("csv-header-with-open-quote", lambda: b'"prompt,completion\nQ1,A1\n', "data.csv.bad_header", filename="x.csv"),
    Refused("json-list-of-lists", lambda: b'[["a", "b"],\n["c", "d"]]', "data.file.no_good_rows", {"rows": 2, "line": 1}),
    Refused("only-marks", lambda: BOM * 3 + b"\n", "data.file.blank"),
    Refused("utf16-blank", lambda: " \r\n".encode("utf-16"), "data.file.blank"),
    Refused("controls", lambda: b"\x01\x02\x03\x04\x05\x06\x07\x08" * 50 + b"\xff", "data.file.binary", {"kind": "?"}),
    Refused("sqlite", lambda: b"SQLite format 3\0" + b"\0" * 100, "data.table.damaged", {}),
    Refused("gguf", lambda: b"GGUF\3\0\0\0", "data.file.binary", {"kind": "GGUF"}),
    Refused("pointer-parquet", lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "data.file.pointer", filename="train.parquet"),
    Refused("pointer-csv", lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "data.file.pointer", filename="train.csv"),
    Refused("page-jsonl", lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "data.file.page", {"ending": ".jsonl"}, filename="train.jsonl"),
    Refused("page-csv", lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "data.file.page", {"ending": ".csv"}, filename="train.CSV"),
    Refused("page-parquet", lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "data.file.page", {"ending": ".parquet"}, filename="train.parquet"),
    Refused("words-parquet", lambda: b"Access denied\nSign in first.\n", "data.file.no_such", {"ending": ".parquet"}, filename="train.parquet"),
    Refused("words-xlsx", lambda: b"Access denied.\n", "data.file.no_such", {"ending": ".xlsx"}, filename="a.xlsx"),
]  # fmt: skip
