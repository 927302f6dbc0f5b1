"""Any table comes back unchanged: imported, exported with its own columns, and imported again; in every shape and format."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from engine.data.rows.row import content_of, kind_of
from engine.data.writers.files import write_csv, write_jsonl, write_parquet
from engine.data.writers.layout import ExportLayout, own_layout, records_of
from engine.data.writers.original import original_layout
from engine.data.writers.survey import survey
from tests.unit.data.pipeline import Result, run

Table = list[dict[str, Any]]
_QUICK = settings(
    max_examples=8, phases=[Phase.explicit, Phase.generate], deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_NASTY = (
    "007", "NA", "null", "1e5", "-0", "=1+1", "@x", "a\nb", "a\r\nb", "\r", '"', '""', "a,b", "a;b\tc|d", "{x}", "[1]", '{"a": 1}',
    "\\", "\ufeff", "\u2028x", "\x85x", "é灯💡👩‍👩‍👧", "שלום, עולם", "\u202eabc\u202c", "  both  ", "\ttab", "9" * 30, "true",
)  # fmt: skip
_ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_CELL = st.one_of(st.text(_ANY, max_size=20), st.sampled_from(_NASTY))
_TEXT = _CELL.filter(str.strip)
_BLANK = st.one_of(st.just(""), _TEXT)
_SCALAR = st.one_of(
    _CELL, st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False)
)
_TURNS = st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=3)


def _messages(pairs: list[tuple[str, str]], system: str, role: str, text: str, names: tuple[str, str]) -> Table:
    turns = [{role: "system", text: system}] if system else []
    for asked, said in pairs:
        turns += [{role: names[0], text: asked}, {role: names[1], text: said}]
    return turns


def _turns(role: str, text: str, names: tuple[str, str]) -> st.SearchStrategy[Table]:
    return st.builds(lambda pairs, system: _messages(pairs, system, role, text, names), _TURNS, _BLANK)


# shape -> mapping, and what stands in its columns
SHAPES: dict[str, tuple[dict[str, str], dict[str, st.SearchStrategy[Any]]]] = {
    "prompt_completion": (
        {"prompt": "frage", "completion": "antwort", "system": "system", "reasoning": "grund"},
        {"frage": _TEXT, "antwort": _TEXT, "system": _BLANK, "grund": _BLANK},
    ),
    "alpaca": (
        {"instruction": "instruction", "input": "input", "output": "output"},
        {"instruction": _TEXT, "input": _CELL, "output": _TEXT},
    ),
    "qa_context": (
        {"context": "material", "question": "q", "answer": "a"},
        {"material": _CELL, "q": _TEXT, "a": _TEXT},
    ),
    "classification": (
        {"text": "text", "label": "label"},
        {"text": _TEXT, "label": st.sampled_from(["good", "bad", "1", " spaced ", "好"])},
    ),
    "text": ({"text": "正文"}, {"正文": _TEXT}),
    "kto": (
        {"prompt": "prompt", "completion": "completion", "label": "label", "reasoning": "cot"},
        {"prompt": _TEXT, "completion": _TEXT, "label": st.sampled_from(["true", "false"]), "cot": _BLANK},
    ),
    "preference": (
        {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"},
        {"prompt": _TEXT, "chosen": _TEXT.map("+{}".format), "rejected": _TEXT.map("-{}".format)},
    ),
}
NESTED: dict[str, tuple[dict[str, str], dict[str, st.SearchStrategy[Any]]]] = {
    "messages": ({"messages": "messages"}, {"messages": _turns("role", "content", ("user", "assistant"))}),
    "sharegpt": ({"conversations": "conversations"}, {"conversations": _turns("from", "value", ("human", "gpt"))}),
}
_OTHERS = ["id", "split", "a,b", "名前", "x 💡"]
_TYPED = (
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    _CELL,
    _CELL,
)
_COLUMNS = {name: st.one_of(st.none(), kind) for name, kind in zip(_OTHERS, _TYPED, strict=True)}


def tables(shape: str, other: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Table]:
    """Tables of a shape with other columns beside, in any order; without `other`, each of these has a type of its own."""
    cells = (SHAPES | NESTED)[shape][1]
    others = _COLUMNS if other is None else dict.fromkeys(_OTHERS, other)

    def of(names: list[str], order: list[str]) -> st.SearchStrategy[Table]:
        row = {name: (cells | others)[name] for name in order if name in cells or name in names}
        return st.lists(st.fixed_dictionaries(row), min_size=1, max_size=6)

    extra = st.lists(st.sampled_from(_OTHERS), unique=True, max_size=3)
    return st.tuples(extra, st.permutations([*cells, *_OTHERS])).flatmap(lambda drawn: of(*drawn))


# ------------------------------------------------------------------ formats


def as_csv(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(table[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue().encode()


def as_jsonl(table: Table) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in table).encode()


def as_parquet(table: Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(table), out)
    return out.getvalue()


def read_csv(path: Path) -> Table:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _read_jsonl(path: Path) -> Table:
    return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]


FORMATS: dict[str, tuple[Callable[[Table], bytes], Callable[[Path], Table]]] = {
    "csv": (as_csv, read_csv),
    "jsonl": (as_jsonl, _read_jsonl),
    "parquet": (as_parquet, lambda path: pq.read_table(path).to_pylist()),
}


def write(path: Path, format_: str, layout: ExportLayout, rows: list[dict[str, Any]]) -> None:
    """As an export does: look at every row, then write."""
    seen = survey(iter(rows), layout)
    assert (seen.misfits, seen.rows) == (0, len(rows))
    records = records_of(layout, iter(rows), None)
    if format_ == "jsonl":
        return write_jsonl(path, records)
    return (write_csv if format_ == "csv" else write_parquet)(path, records, seen.columns)


def mapping_of(shape: str) -> dict[str, str]:
    return (SHAPES | NESTED)[shape][0]


def imported(folder: Path, data: bytes, name: str, shape: str) -> Result:
    result = run(folder, data, name, shape=shape, mapping=mapping_of(shape))
    assert result.rejected == []
    return result


def content(result: Result) -> list[tuple[Any, Any]]:
    return [(content_of(row), row.get("extra", {})) for row in result.rows]


def there_and_back(table: Table, shape: str, format_: str) -> None:
    """Import, export with the original columns: the same table; import that: the same rows."""
    make, read = FORMATS[format_]
    with tempfile.TemporaryDirectory() as folder:
        first = imported(Path(folder), make(table), f"table.{format_}", shape)
        path = Path(folder) / "back"
        write(path, format_, original_layout(shape, mapping_of(shape), first.source.columns, {}), first.rows)
        assert read(path) == table
        assert content(imported(Path(folder), path.read_bytes(), f"back.{format_}", shape)) == content(first)


def with_thumbs(table: Table, shape: str) -> Table:
    """Labels of KTO as yes or no, where a format has these."""
    return [row | {"label": row["label"] == "true"} for row in table] if shape == "kto" else table


@pytest.mark.parametrize("shape", SHAPES)
@_QUICK
@given(data=st.data())
def test_csv(shape: str, data: st.DataObject) -> None:
    there_and_back(data.draw(tables(shape, _CELL)), shape, "csv")


@pytest.mark.parametrize("shape", [*SHAPES, *NESTED])
@_QUICK
@given(data=st.data())
def test_jsonl(shape: str, data: st.DataObject) -> None:
    there_and_back(with_thumbs(data.draw(tables(shape, _SCALAR)), shape), shape, "jsonl")


@pytest.mark.parametrize("shape", [*SHAPES, *NESTED])
@_QUICK
@given(data=st.data())
def test_parquet(shape: str, data: st.DataObject) -> None:
    there_and_back(with_thumbs(data.draw(tables(shape)), shape), shape, "parquet")


@pytest.mark.parametrize("shape", [*SHAPES, *NESTED])
@_QUICK
@given(data=st.data(), format_=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_our_own_form_holds_every_row(shape: str, data: st.DataObject, format_: str) -> None:
    """Exported as messages (or text, or pairs) and detected anew, the rows are the same."""
    table = with_thumbs(data.draw(tables(shape, _CELL)), shape)
    with tempfile.TemporaryDirectory() as folder:
        first = imported(Path(folder), as_jsonl(table), "table.jsonl", shape)
        path = Path(folder) / "own"
        write(path, format_, own_layout(), first.rows)
        own = {"chat": "messages", "text": "text", "preference": "preference", "kto": "kto"}[kind_of(first.rows[0])]
        fields = {"messages": ["messages"], "kto": ["prompt", "completion", "label"]}.get(own)
        names = fields or list(content_of(first.rows[0]))
        again = run(
            Path(folder), path.read_bytes(), f"own.{format_}", shape=own, mapping={name: name for name in names}
        )
        assert again.rejected == []
        assert [content_of(row) for row in again.rows] == [content_of(row) for row in first.rows]


_THOUGHT = st.one_of(st.none(), _TEXT)


@pytest.mark.parametrize(("shape", "names"), [("messages", ("role", "content")), ("sharegpt", ("from", "value"))])
@_QUICK
@given(thoughts=st.lists(_THOUGHT, min_size=1, max_size=4), format_=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_thinking_of_turns(shape: str, names: tuple[str, str], thoughts: list[str | None], format_: str) -> None:
    """In the file's own columns and in ours, the thinking of each turn comes back, and none where there was none."""
    (field, column), (role, text) = next(iter(mapping_of(shape).items())), names
    said = [{role: "assistant", text: "A"} | ({"reasoning_content": one} if one else {}) for one in thoughts]
    table = [{column: [{role: "user", text: f"{at}?"}, one]} for at, one in enumerate(said)]
    with tempfile.TemporaryDirectory() as folder:
        first = imported(Path(folder), as_jsonl(table), "table.jsonl", shape)
        assert [row["messages"][1].get("reasoning_content") for row in first.rows] == thoughts
        for layout, key in ((original_layout(shape, {field: column}, [column], {}), shape), (own_layout(), "messages")):
            path = Path(folder) / "back"
            write(path, format_, layout, first.rows)
            if format_ == "parquet":
                assert pa.types.is_list(pq.read_schema(path).field(0).type)
            again = run(Path(folder), path.read_bytes(), f"back.{format_}")
            assert (again.source.shape, again.rejected) == (key, [])
            assert content(again) == content(first)


_SHEET = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)  # what XML can hold


@_QUICK
@given(rows=st.lists(st.tuples(_SHEET.filter(str.strip), _SHEET.filter(str.strip), _SHEET), min_size=1, max_size=5))
def test_a_spreadsheet_becomes_the_same_table(rows: list[tuple[str, str, str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [("instruction", "output", "note"), *rows]:
        sheet.append([_as_text(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    mapping = {"instruction": "instruction", "output": "output"}
    with tempfile.TemporaryDirectory() as folder:
        first = run(Path(folder), out.getvalue(), "table.xlsx", shape="alpaca", mapping=mapping)
        assert first.rejected == []
        path = Path(folder) / "back"
        write(path, "csv", original_layout("alpaca", mapping, first.source.columns, {}), first.rows)
        assert [tuple(row.values()) for row in read_csv(path)] == rows


def _as_text(sheet: Any, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"  # also where it looks like a formula
    return cell
