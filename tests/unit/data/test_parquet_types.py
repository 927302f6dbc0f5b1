"""Parquet's types: moments, decimals, views, dictionaries, lists and maps are read as what they say; bytes are refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.data.corpus import parquet
from tests.unit.data.pipeline import run

AT = dt.datetime(2024, 1, 2, 3, 4, 5)


def _columns() -> dict[str, tuple[Any, Any]]:
    """name -> (column of one value, what is read)."""
    import pyarrow as pa

    def one(value: Any, kind: Any) -> Any:
        return pa.array([value], kind)

    turn = pa.struct([("role", pa.string()), ("at", pa.timestamp("ns"))])
    return {
        "text-view": (one("text", pa.string_view()), "text"),
        "large-text": (one("text", pa.large_string()), "text"),
        "of-a-dictionary": (pa.array(["text"]).dictionary_encode(), "text"),
        "timestamp": (one(AT, pa.timestamp("ns")), "2024-01-02 03:04:05"),
        "timestamp-of-seconds": (one(dt.datetime(2024, 1, 2), pa.timestamp("s")), "2024-01-02 00:00:00"),
        "timestamp-in-a-zone": (one(AT, pa.timestamp("us", tz="UTC")), "2024-01-02 03:04:05+00:00"),
        "nanoseconds": (one(1, pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
        "date": (one(AT.date(), pa.date32()), "2024-01-02"),
        "time": (one(dt.time(3, 4, 5), pa.time64("ns")), "03:04:05"),
        "duration": (one(dt.timedelta(hours=30, minutes=5), pa.duration("ms")), "30:05:00"),
        "decimal": (one(Decimal("19.90"), pa.decimal128(10, 2)), "19.90"),
        "list-of-moments": (one([AT], pa.large_list(pa.timestamp("us"))), ["2024-01-02 03:04:05"]),
        "fixed-list": (one(["a", "b"], pa.list_(pa.string(), 2)), ["a", "b"]),
        "list-view": (one(["a"], pa.list_view(pa.string())), ["a"]),
        "turns-with-moments": (one([{"role": "user", "at": AT}], pa.list_(turn)), [{"role": "user", "at": str(AT)}]),
        "map": (one([("k", Decimal("1.50"))], pa.map_(pa.string(), pa.decimal128(5, 2))), {"k": "1.50"}),
        "missing": (one(None, pa.timestamp("ns")), None),
    }


@pytest.mark.parametrize("name", _columns())
def test_a_value_is_read_as_what_it_says(tmp_path: Path, name: str) -> None:
    column, expected = _columns()[name]
    result = run(tmp_path, parquet({"prompt": ["Q"], "completion": ["A"], "more": column}))
    (record,) = result.source.records()
    assert (record.values["more"], result.pairs) == (expected, [("Q", "A")])  # type: ignore[union-attr]
    assert "columns.unusable" not in [note["code"] for note in result.source.notes]


def test_a_map_with_one_key_twice_costs_its_row(tmp_path: Path) -> None:
    import pyarrow as pa

    maps = pa.array([[("k", "a")], [("k", "a"), ("k", "b")]], pa.map_(pa.string(), pa.string()))
    result = run(tmp_path, parquet({"prompt": ["Q1", "x"], "completion": ["A1", "y"], "more": maps}))
    assert result.pairs == [("Q1", "A1")]
    assert [(one["row"], one["code"]) for one in result.rejected] == [(2, "data.parquet.bad_value")]


@pytest.mark.parametrize("kind", ["binary", "binary_view", "fixed", "list"])
def test_bytes_are_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    import pyarrow as pa

    kinds = {
        "binary": pa.binary(),
        "binary_view": pa.binary_view(),
        "fixed": pa.binary(1),
        "list": pa.list_(pa.binary()),
    }
    value = [b"x"] if kind == "list" else b"x"
    result = run(tmp_path, parquet({"prompt": ["Q"], "completion": ["A"], "raw": pa.array([value], kinds[kind])}))
    (said,) = (note["params"] for note in result.source.notes if note["code"] == "columns.unusable")
    assert (said["column"], "binary" in said["type"], result.pairs) == ("raw", True, [("Q", "A")])
