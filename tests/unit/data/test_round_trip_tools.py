"""Conversations with tools come back unchanged from every format, to the last digit, and from the text of a template."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.rows.row import content_of
from engine.data.writers.layout import own_layout
from tests.unit.data.call_templates import GOOD, writing
from tests.unit.data.pipeline import run
from tests.unit.data.test_round_trip_export import _CELL, _QUICK, _SCALAR, _TEXT, as_jsonl, write

_MAPPING = {"messages": "messages", "tools": "tools"}
_VALUE = st.recursive(_SCALAR, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_TEXT, inner, max_size=2)), max_leaves=5)  # fmt: skip
_NAMES = st.sampled_from(["weather", "add-up", "名前", "book_all"])


def _called(name: str, calls: list[dict[str, Any]], results: list[Any], words: tuple[str, str]) -> dict[str, Any]:
    made = [{"type": "function", "function": {"name": name, "arguments": one}} for one in calls]
    return {
        "messages": [
            {"role": "user", "content": words[0]},
            {"role": "assistant", "content": "", "tool_calls": made},
            *({"role": "tool", "content": results[0]} for _call in calls),
            {"role": "assistant", "content": words[1]},
        ],
        "tools": [{"type": "function", "function": {"name": name, "description": words[1]}}],
    }


TALKS = st.builds(
    _called,
    _NAMES,
    st.lists(st.dictionaries(_TEXT, _VALUE, max_size=3), min_size=1, max_size=2),
    st.lists(_CELL, min_size=1, max_size=1),
    st.tuples(_TEXT, _TEXT),
)


def exact(rows: list[dict[str, Any]]) -> str:
    """In a form in which 1 is not 1.0."""
    return json.dumps([content_of(row) for row in rows], sort_keys=True)


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
@_QUICK
@given(table=st.lists(TALKS, min_size=1, max_size=3))
def test_tools_come_back_from_every_format(format_: str, table: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = run(Path(folder), as_jsonl(table), "table.jsonl", shape="messages", mapping=_MAPPING)
        assert [row["tools"] for row in first.rows] == [row["tools"] for row in table]
        path = Path(folder) / "back"
        write(path, format_, own_layout(), first.rows)
        again = run(Path(folder), path.read_bytes(), f"back.{format_}", shape="messages", mapping=_MAPPING)
        assert first.rejected == again.rejected == []
        assert exact(again.rows) == exact(first.rows)


@pytest.mark.parametrize("name", ["hermes", "mistral", "deepseek", "arguments-first", "as-text"])
def test_any_call_comes_back_from_templates_that_write_json(name: str) -> None:
    template = writing(GOOD[name])

    @_QUICK
    @given(row=TALKS)
    def each(row: dict[str, Any]) -> None:
        text = template.render(row["messages"], tools=row["tools"])
        assert template.call_form.fault(row["messages"], row["tools"], text) is None

    each()
