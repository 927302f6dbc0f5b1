"""Whole numbers beyond what a browser counts exactly go through page, edit, operations, templates and exports unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.store import read_rows
from engine.data.templates.isolated.isolated_template import isolated
from engine.services.data import datasets, imports, row_edits, sources
from engine.services.data import export as data_export
from engine.services.data import rows as data_rows
from engine.services.data.versions import version_files, versions
from tests.tiny import write_tokenizer
from tests.unit.data.call_templates import GOOD, writing
from webui.wire import WireValue, unpacked

CASE = Path(__file__).parents[1] / "cases" / "data" / "big_integer_argument.jsonl"
LARGE = (2**53 + 1, 1234567890123456789, 2**63, -(2**64) - 1, 10**30 + 7)
TOOL = {"type": "function", "function": {"name": "track", "description": "Track", "parameters": {"type": "object", "properties": {"id": {"type": "integer", "maximum": 2**64 + 3}}}}}  # fmt: skip


def talk(number: int) -> dict[str, Any]:
    arguments = {"id": number, "deep": [{"n": -number}], "half": 0.5, "one": 1.0, "text": str(number)}
    return {
        "messages": [
            {"role": "user", "content": f"Track parcel {number}"},
            {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "track", "arguments": arguments}}]},
            {"role": "tool", "content": json.dumps({"id": number})},
            {"role": "assistant", "content": "On its way."},
        ],
        "tools": [TOOL],
        "parcel": number,
    }  # fmt: skip


def brought(ctx: Context, data: bytes, name: str) -> int:
    path = ctx.settings.folder("incoming") / "part"
    path.write_bytes(data)
    made = sources.add_upload(ctx, path, name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"], val_fraction=0.0)
    return made


def rows_of(ctx: Context, dataset: int) -> list[dict[str, Any]]:
    return list(read_rows(version_files.version_file(ctx, dataset)[1]))


def learnt(rows: list[dict[str, Any]]) -> str:
    """What is learnt of the rows, in a form in which 1 is not 1.0."""
    return json.dumps([[row["messages"], row["tools"]] for row in rows])


def through_a_page(value: Any) -> Any:
    """To a browser, which knows no whole number beyond 2^53 and no 1.0, and back."""
    sent = json.dumps(WireValue("en", value).value)
    return unpacked(
        json.loads(sent, parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text))
    )


@pytest.fixture
def shop(ctx: Context) -> int:
    return brought(ctx, "".join(json.dumps(talk(number)) + "\n" for number in LARGE).encode(), "parcels.jsonl")


def test_they_are_imported_shown_and_sent_to_the_page_as_they_are(ctx: Context, shop: int) -> None:
    rows = rows_of(ctx, shop)
    assert [row["messages"][1]["tool_calls"][0]["function"]["arguments"]["id"] for row in rows] == list(LARGE)
    assert [row["extra"]["parcel"] for row in rows] == list(LARGE)
    view = datasets.dataset_view(ctx, shop)
    preview = datasets.preview_mapping(ctx, shop, shape=view["shape"], mapping=view["mapping"])
    shown = data_rows.browse(ctx, shop, {}, limit=10)
    for found in (preview["rows"], shown["rows"]):
        told = through_a_page(found)
        assert [row["messages"][1]["tool_calls"][0]["function"]["arguments"]["id"] for row in told] == list(LARGE)


def test_another_field_is_edited_and_the_numbers_stay_then_the_number_itself(ctx: Context, shop: int) -> None:
    before = rows_of(ctx, shop)
    edit = through_a_page(before[1])
    edit["messages"][-1]["content"] = "It is here."
    versions.apply_edits(ctx, shop, [edit], [])
    after = rows_of(ctx, shop)
    before[1]["messages"][-1]["content"] = "It is here."
    assert after == before
    assert learnt(after) == learnt(before)
    edit = through_a_page(after[1])
    edit["messages"][1]["tool_calls"][0]["function"]["arguments"]["id"] = unpacked({"$integer": "1234567890123456788"})
    edit["extra"]["parcel"] = unpacked({"$integer": "-98765432109876543210"})
    versions.apply_edits(ctx, shop, [edit], [])
    row = rows_of(ctx, shop)[1]
    assert row["messages"][1]["tool_calls"][0]["function"]["arguments"]["id"] == 1234567890123456788
    assert row["extra"]["parcel"] == -98765432109876543210


def test_calls_that_are_typed_are_read_as_imported_ones_or_refused(ctx: Context, shop: int) -> None:
    row = rows_of(ctx, shop)[0]
    row["messages"][1]["tool_calls"] = [{"name": "track", "arguments": '{"id": 9007199254740993}'}]
    assert row_edits.check_row(row) is None
    versions.apply_edits(ctx, shop, [row], [])
    (call,) = rows_of(ctx, shop)[0]["messages"][1]["tool_calls"]
    assert call == {"type": "function", "function": {"name": "track", "arguments": {"id": 9007199254740993}}}
    for wrong, code in (
        ("[{", "calls"),
        ([{"name": "track", "arguments": [1]}], "arguments"),
        ([{"arguments": {}}], "calls"),
    ):
        row["messages"][1]["tool_calls"] = wrong
        fault = row_edits.check_row(row)
        assert fault is not None
        assert fault["code"] == f"data.turn.{code}"
        with pytest.raises(Fault, match=r"data\.repair\.functions"):
            versions.apply_edits(ctx, shop, [row], [])


def test_operations_leave_them_as_they_are(ctx: Context, shop: int) -> None:
    before = learnt(rows_of(ctx, shop))
    versions.apply(ctx, shop, "system_turn", {"what": "set", "text": "Be kind."})
    versions.apply(ctx, shop, "system_turn", {"what": "remove"})
    assert learnt(rows_of(ctx, shop)) == before


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
def test_exported_and_imported_again_they_are_the_same(ctx: Context, shop: int, format_: str) -> None:
    done = data_export.start_export(ctx, shop, {"format": format_, "form": "own"}, None)["file"]
    path, name = data_export.export_file(ctx, done["key"])[:2]
    again = brought(ctx, path.read_bytes(), name)
    assert learnt(rows_of(ctx, again)) == learnt(rows_of(ctx, shop))


def test_a_template_in_its_own_process_writes_every_digit(tmp_path: Path) -> None:
    template = isolated(write_tokenizer(tmp_path / "tokenizer", writing(GOOD["hermes"]).source or ""))
    for number in LARGE:
        row = talk(number)
        text = template.row_text(row["messages"], row["tools"])
        assert f'"id": {number},' in text
        assert f'"maximum": {2**64 + 3}' in text


def test_the_case(ctx: Context) -> None:
    made = brought(ctx, CASE.read_bytes(), "case.jsonl")
    edit = through_a_page(rows_of(ctx, made)[0])
    edit["messages"][0]["content"] = "Where is it?"
    versions.apply_edits(ctx, made, [edit], [])
    found = [row["messages"][1]["tool_calls"][0]["function"]["arguments"]["id"] for row in rows_of(ctx, made)]
    assert found == [1234567890123456789, 1234567890123456790, 1234567890123456791]
