"""Conversations in every layout come back the same: imported, exported in the original columns and in our own form, imported again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.rows.row import content_of
from engine.data.schema.declared import shape_of
from engine.data.writers.layout import own_layout
from engine.data.writers.original import original_layout
from tests.unit.data.pipeline import run
from tests.unit.data.test_round_trip_export import _QUICK, _TEXT, as_csv, as_jsonl, as_parquet, write

Pairs = list[tuple[str, str]]
LEVEL = {"level": 3}


def keyed(role: str, text: str, user: str, assistant: str) -> Callable[[Pairs], list[Any]]:
    return lambda pairs: [
        turn for asked, said in pairs for turn in ({role: user, text: asked}, {role: assistant, text: said})
    ]


_messages = keyed("role", "content", "user", "assistant")
# layout -> columns of a row from (the text before all, pairs of question and answer)
MAKE: dict[str, Callable[[str, Pairs], dict[str, Any]]] = {
    "speakers": lambda _s, pairs: {"talk": keyed("speaker", "text", "customer", "agent")(pairs)},
    "authors": lambda s, pairs: {"system": s, "messages": keyed("author", "message", "Human", "AI")(pairs)},
    "lists of two": lambda _s, pairs: {"conversations": [[who, text] for p in pairs for who, text in zip(("user", "assistant"), p, strict=True)]},
    "texts": lambda _s, pairs: {"data": [text for pair in pairs for text in pair]},
    "pairs": lambda _s, pairs: {"conversation": [{"input": asked, "output": said} for asked, said in pairs]},
    "gemini": lambda _s, pairs: {"contents": [{"role": one["role"], "parts": [{"text": one["t"]}]} for one in keyed("role", "t", "user", "model")(pairs)]},
    "bedrock": lambda s, pairs: {"system": [{"text": s}], "messages": [{**one, "content": [{"text": one["content"]}]} for one in _messages(pairs)]},
    "history": lambda s, pairs: {"instruction": pairs[-1][0], "input": "", "output": pairs[-1][1], "system": s, "history": [list(p) for p in pairs[:-1]]},
    "history of turns": lambda _s, pairs: {"prompt": pairs[-1][0], "response": pairs[-1][1], "history": _messages(pairs[:-1])},
    "trl": lambda s, pairs: {"prompt": [{"role": "system", "content": s}, *_messages(pairs)[:-1]], "completion": _messages(pairs)[-1:]},
    "trl preference": lambda _s, pairs: {"prompt": _messages(pairs)[:-1], "chosen": _messages(pairs)[-1:], "rejected": [{"role": "assistant", "content": "-" + pairs[-1][1]}]},
    "openai preference": lambda s, pairs: {"input": {"messages": [{"role": "system", "content": s}, *_messages(pairs)[:-1]], "parallel_tool_calls": True}, "preferred_output": _messages(pairs)[-1:], "non_preferred_output": [{"role": "assistant", "content": "-"}]},
    "items": lambda _s, pairs: {"messages": _messages(pairs)[:1], "reference_answer": {"value": pairs[0][1], "more": [1, None, {"a": 2**60}]}},
}  # fmt: skip
_ROWS = st.lists(
    st.tuples(_TEXT, st.lists(st.tuples(_TEXT, _TEXT.map("+{}".format)), min_size=1, max_size=3)),
    min_size=2,
    max_size=4,
)


@pytest.mark.parametrize("layout", MAKE)
@_QUICK
@given(rows=_ROWS, format_=st.sampled_from(["jsonl", "csv", "parquet"]))
def test_there_and_back(layout: str, rows: list[tuple[str, Pairs]], format_: str) -> None:
    table = [MAKE[layout](system, pairs) | LEVEL for system, pairs in rows]
    with tempfile.TemporaryDirectory() as folder:
        first = run(Path(folder), as_jsonl(table), "table.jsonl")
        assert (first.rejected, len(first.rows)) == ([], len(table))
        wanted = [content_of(row) for row in first.rows]
        shape, mapping = str(first.source.shape), first.source.mapping
        for form in (own_layout(), original_layout(shape, mapping, first.source.columns, {})):
            path = Path(folder) / "back"
            write(path, format_, form, first.rows)
            again = run(Path(folder), path.read_bytes(), f"back.{format_}")
            assert (shape_of(again.source.shape).kind, again.rejected) == (shape_of(shape).kind, [])
            if layout != "items" or format_ == "jsonl" or not form.columns:
                assert [content_of(row) for row in again.rows] == wanted


@pytest.mark.parametrize(
    "layout", ["speakers", "lists of two", "pairs", "gemini", "bedrock", "history", "trl", "trl preference"]
)
@_QUICK
@given(rows=_ROWS)
def test_every_format_holds_the_same(layout: str, rows: list[tuple[str, Pairs]]) -> None:
    table = [MAKE[layout](system, pairs) | LEVEL for system, pairs in rows]
    as_text = [{key: value if isinstance(value, str) else repr(value) for key, value in row.items()} for row in table]
    with tempfile.TemporaryDirectory() as folder:
        wanted = [content_of(row) for row in run(Path(folder), as_jsonl(table), "table.jsonl").rows]
        assert len(wanted) == len(table)
        for data, name in ((as_parquet(table), "a.parquet"), (as_csv(as_text), "a.csv")):
            assert [content_of(row) for row in run(Path(folder), data, name).rows] == wanted
