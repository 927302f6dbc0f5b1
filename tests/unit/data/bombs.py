"""Small files that unpack without end, or pretend to."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.data.made import packed, table_xlsx

_SHEET = "xl/worksheets/sheet1.xml"
_TEXTS = "xl/sharedStrings.xml"
_TYPES = "[Content_Types].xml"
_OVERRIDE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(
        pa.table(columns), buffer, compression="zstd", store_schema=False, dictionary_pagesize_limit=2**30, **options
    )
    return buffer.getvalue()


def _one_text(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))


def same_text(characters: int, rows: int) -> bytes:
    """Parquet: a question, and one text that every row refers to."""
    return _parquet({"prompt": _one_text("Q", rows), "completion": _one_text("a" * characters, rows)})


def same_text_in_lists(characters: int, turns: int, rows: int = 8) -> bytes:
    """Parquet: conversations whose turns all refer to one text."""
    texts = _one_text("a" * characters, turns * rows).dictionary_decode() if characters < 100 else None
    values = texts or pa.chunked_array([_one_text("a" * characters, turns * rows)])
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0)
    turn = pa.StructArray.from_arrays([_one_text("user", turns * rows), values], ["role", "content"])
    places = pa.array(np.arange(0, turns * rows + 1, turns, dtype=np.int32))
    return _parquet({"messages": pa.ListArray.from_arrays(places, turn)})


def many_numbers(values: int) -> bytes:
    """Parquet: one row with a list of so many equal numbers beside it."""
    places = pa.array(np.array([0, values], dtype=np.int32))
    numbers = pa.array(np.zeros(values, np.int32))
    return _parquet({"text": ["a"], "numbers": pa.ListArray.from_arrays(places, numbers)})


def fixed_values(size: int, rows: int) -> bytes:
    """Parquet: values of one fixed length in an object."""
    values = pa.array([b"\0" * size] * rows, pa.binary(size))
    return _parquet({"text": ["a"] * rows, "more": pa.StructArray.from_arrays([values], ["x"])})


def sheet(body: str, texts: str | None = None) -> bytes:
    """An Excel file whose sheet holds these rows as XML, and whose table of texts is this one."""
    book = _unpacked(table_xlsx(("prompt", "completion"), ("Q", "A")))
    xml = f"<worksheet {_MAIN}><dimension ref='A1:XFD1048576'/><sheetData>{body}</sheetData></worksheet>"
    changes = {_SHEET: xml.encode()}
    if texts is not None:
        changes[_TYPES] = book[_TYPES].replace(b"</Types>", _OVERRIDE + b"</Types>")
        changes[_TEXTS] = f"<sst {_MAIN}>{texts}</sst>".encode()
    return packed(*(book | changes).items(), method=zipfile.ZIP_STORED)


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def cell(place: str, text: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEAD = f"<row>{cell('A1', 'prompt')}{cell('B1', 'completion')}</row>"


def many_names(count: int) -> bytes:
    """A ZIP archive that names so many files, which are all the same."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.txt", "a")
        file.filelist *= count
    return buffer.getvalue()


def deep(levels: int) -> bytes:
    """JSONL: a row with lists in lists, and a good one."""
    good = json.dumps({"prompt": "Q", "completion": "A"})
    return f'{{"prompt": "Q", "completion": "A", "x": {"[" * levels}{"]" * levels}}}\n{good}\n'.encode()


def wide_objects(keys: int) -> bytes:
    """JSONL: a row with so many fields, and a good one."""
    good = {"prompt": "Q", "completion": "A"}
    lines = [good | {f"k{n}": n for n in range(keys)}, good]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def zip_of_zips(levels: int) -> bytes:
    """Archives in each other."""
    data = packed(("a.txt", b"a" * 10_000))
    for _ in range(levels):
        data = packed(*((f"{n}.zip", data) for n in range(10)))
    return data
