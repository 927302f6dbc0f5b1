"""Questions with references: kept, shown, checked, exported and imported again; training says that it cannot use them yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.operations import OPERATIONS
from engine.data.quality import CHECKS
from engine.data.rows.row import content_of
from engine.data.rows.store import read_rows
from engine.services.data import datasets, fit, imports, report, rows, sources
from engine.services.data import export as data_export
from engine.services.data.row_lengths import encode_rows
from engine.services.data.versions import version_files, versions
from tests.unit.data.chat_templates import published
from tests.unit.data.quality_rows import ids, look

ITEMS = [
    {"messages": [{"role": "user", "content": f"How much is {n} and {n}?"}], "reference_answer": {"sum": 2 * n, "wide": 2**60 + n}, "level": "easy"}
    for n in range(30)
]  # fmt: skip


def add(ctx: Context, path: Path, name: str = "items.jsonl") -> int:
    dataset = sources.add_upload(ctx, path, name)
    draft = datasets.dataset_view(ctx, dataset)
    imports.import_dataset(ctx, dataset, name="items", shape=draft["shape"], mapping=draft["mapping"], val_fraction=0.0)
    return dataset


@pytest.fixture
def items(ctx: Context, tmp_path: Path) -> int:
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in ITEMS))
    return add(ctx, path)


def contents(ctx: Context, dataset: int) -> list[dict[str, Any]]:
    return [content_of(row) for row in read_rows(version_files.version_file(ctx, dataset)[1])]


def test_items_are_shown(ctx: Context, items: int) -> None:
    view = datasets.dataset_view(ctx, items)
    assert (view["kind"], view["badge"], view["accepted"]) == ("prompt", "prompts", 30)
    (shown,) = rows.browse(ctx, items, {}, limit=1)["rows"]
    assert shown["reference"]["level"] == "easy"
    (found,) = fit.fit_of(ctx, items, None, "sft")["findings"]
    assert found["code"] == "kind.prompt"
    assert report.report(ctx, items)


def test_nothing_of_an_item_is_learnt() -> None:
    (found,) = encode_rows([{"prompt": ITEMS[0]["messages"], "reference": {}}], published("qwen-3"))
    assert isinstance(found, Fault) or found.trained == 0


@pytest.mark.parametrize(
    "check", [check.key for check in CHECKS if "prompt" in check.kinds and not check.key.startswith(("near", "leak"))]
)
def test_checks_find_nothing_wrong_with_a_missing_answer(check: str, tmp_path: Path) -> None:
    kept = [{"split": "train", "prompt": item["messages"], "reference": {"level": "easy"}} for item in ITEMS]
    assert look(tmp_path, check, kept) == []


def test_personal_data_in_a_reference_are_found(tmp_path: Path) -> None:
    row = {"split": "train", "prompt": ITEMS[0]["messages"], "reference": {"who": {"mail": "anna@lamps.io"}}}
    assert ids(look(tmp_path, "personal", [row])) == {0}


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("form", ["own", "original"])
def test_items_come_back_from_every_export(ctx: Context, items: int, format_: str, form: str) -> None:
    done = data_export.start_export(ctx, items, {"format": format_, "form": form}, None)["file"]
    path, name = data_export.export_file(ctx, done["key"])
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    again = add(ctx, copy, name)
    assert datasets.dataset_view(ctx, again)["kind"] == "prompt"
    if (form, format_) == ("original", "jsonl") or form == "own":
        assert contents(ctx, again) == contents(ctx, items)


def test_items_are_split_edited_and_filtered(ctx: Context, items: int) -> None:
    split = next(one for one in OPERATIONS if one.key == "split_random")
    assert "prompt" in split.kinds
    versions.apply(ctx, items, "split_random", {})
    assert len(contents(ctx, items)) == 30
    assert contents(ctx, items)[3]["reference"]["reference_answer"] == {"sum": 6, "wide": 2**60 + 3}
