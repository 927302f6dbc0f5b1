"""Parts that data bring along, from the upload to the rows that jobs may see; exports that come back as they were."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.row import content_of
from engine.data.rows.store import read_rows
from engine.data.rows.training_rows import training_rows
from engine.services.data import datasets, imports, rejected_rows, sources
from engine.services.data.export import export_file, start_export
from engine.services.data.versions import versions
from storage.tables import Dataset
from tests.integration.test_datasets import rows_file
from tests.unit.data.corpus import jsonl

CASES = Path(__file__).parents[1] / "cases" / "data"


def put(ctx: Context, data: bytes, name: str = "rows.jsonl") -> int:
    path = ctx.settings.folder("uploads") / "new.part"
    path.write_bytes(data)
    return sources.add_upload(ctx, path, name)


def case(ctx: Context, name: str) -> int:
    return put(ctx, (CASES / name).read_bytes(), name)


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def pairs(*names: str, **more: Any) -> bytes:
    return jsonl(*[{"prompt": name, "completion": f"to {name}"} | more for name in names])


def imported(ctx: Context, made: int, **options: Any) -> list[dict[str, Any]]:
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, **{key: view[key] for key in ("name", "shape", "mapping")} | options)
    return list(read_rows(rows_file(ctx, made)))


def counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["split"] for row in rows))


def codes(ctx: Context, made: int) -> list[str]:
    return [one["code"] for one in datasets.dataset_view(ctx, made)["detection"] if one["what"] == "splits"]


def contents(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps([row["split"], content_of(row)], sort_keys=True) for row in rows)


def test_a_zip_of_three_parts(ctx: Context) -> None:
    made = case(ctx, "train_test_validation.zip")
    splits = datasets.dataset_view(ctx, made)["splits"]
    assert splits["chosen"] is None
    assert splits["proposed"] == {
        "kind": "kept",
        "files": {"data/train.jsonl": "train", "data/test.jsonl": "test", "data/validation.jsonl": "val"},
        "column": None,
        "eval": "test",
        "empty": None,
        "draw": True,
    }
    assert codes(ctx, made) == ["splits.files"]
    rows = imported(ctx, made)
    of = {"data/train.jsonl": "train", "data/test.jsonl": "test", "data/validation.jsonl": "val"}
    assert all(row["split"] == of[row["file"]] for row in rows)
    view = datasets.dataset_view(ctx, made)
    sides = ("train", "val", "test")
    assert [dict(view)[f"{side}_rows"] for side in sides] == [counts(rows)[side] for side in sides]
    assert view["splits"]["chosen"] == splits["proposed"]
    assert not any(row["split"] == "test" for row in training_rows(rows_file(ctx, made)))
    again = imported(ctx, made, splits={"kind": "random"})  # one click
    assert set(counts(again)) == {"train", "val"}
    assert datasets.dataset_view(ctx, made)["splits"]["chosen"] == {"kind": "random"}


def test_a_column_of_parts_and_validation_is_drawn_from_training_alone(ctx: Context) -> None:
    made = case(ctx, "split_column.jsonl")
    lines = [json.loads(line) for line in (CASES / "split_column.jsonl").read_text().splitlines()]
    rows = imported(ctx, made, val_fraction=0.2)
    test = {line["prompt"] for line in lines if line["split"] == "test"}
    assert {row["messages"][0]["content"] for row in rows if row["split"] == "test"} == test
    assert counts(rows) == {"train": 12, "val": 3, "test": 5}


def test_archives_and_files_chosen_together(ctx: Context) -> None:
    folder = ctx.settings.folder("uploads")
    files = []
    for name, data in (
        ("train.zip", zipped({"data.jsonl": pairs("a", "b")})),
        ("test.zip", zipped({"data.jsonl": pairs("c")})),
    ):
        (folder / name).write_bytes(data)
        files.append((folder / name, name))
    made = sources.add_files(ctx, files)
    assert [(row["messages"][0]["content"], row["split"]) for row in imported(ctx, made, val_fraction=0.0)] == [
        ("a", "train"), ("b", "train"), ("c", "test"),
    ]  # fmt: skip


def test_a_folder_of_a_hub_says_the_parts_in_its_card(ctx: Context) -> None:
    card = b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/a*\n  - split: test\n    path: data/train-*\n---\n# x\n"
    made = put(
        ctx,
        zipped({"set/README.md": card, "set/data/a1.jsonl": pairs("a"), "set/data/train-0.jsonl": pairs("b")}),
        "set.zip",
    )
    assert codes(ctx, made) == ["splits.card"]
    assert {row["file"]: row["split"] for row in imported(ctx, made)} == {
        "set/data/a1.jsonl": "train",
        "set/data/train-0.jsonl": "test",
    }


@pytest.mark.parametrize(("val", "test"), [(0.2, 0.1), (0.0, 0.3), (0.0, 0.0), (0.3, 0.0)])
@pytest.mark.parametrize("form", ["own", "original"])
def test_our_own_folder_for_a_hub_comes_back_row_for_row(ctx: Context, val: float, test: float, form: str) -> None:
    same = [{"prompt": "same", "completion": "rows"}] * 3
    made = put(ctx, jsonl(*[{"prompt": f"Q{i}", "completion": f"A{i}"} for i in range(20)], *same))
    imported(ctx, made, val_fraction=0.0)
    if val or test:
        values = {"val": val, "test": test, "seed": 1, "nearest": True}
        versions.apply(ctx, made, "split_random", values)
    before = list(read_rows(rows_file(ctx, made)))
    done = start_export(ctx, made, {"format": "hub", "form": form})["file"]
    path, name = export_file(ctx, done["key"])
    copy = ctx.settings.folder("uploads") / "copy"
    shutil.copyfile(path, copy)
    again = imported(ctx, sources.add_upload(ctx, copy, name))
    assert contents(again) == contents(before)


def test_a_column_keeps_telling_the_present_part_in_exports(ctx: Context) -> None:
    made = put(ctx, b"".join(pairs(f"Q{i}", split=("train", "test")[i % 5 == 0]) for i in range(20)))
    imported(ctx, made, val_fraction=0.2)
    versions.apply(ctx, made, "split_random", {"val": 0.2, "test": 0.2, "seed": 7, "nearest": True})
    before = list(read_rows(rows_file(ctx, made)))
    path, name = export_file(ctx, start_export(ctx, made, {"format": "csv", "form": "original"})["file"]["key"])
    assert contents(imported(ctx, put(ctx, path.read_bytes(), name))) == contents(before)


def test_a_refused_row_that_is_put_right_goes_where_it_belongs(ctx: Context) -> None:
    bad = b'{"prompt": "p"}\n'
    made = put(ctx, zipped({"train.jsonl": pairs("a", "b") + bad, "test.jsonl": pairs("c") + bad}), "set.zip")
    imported(ctx, made, val_fraction=0.0)
    refused = rejected_rows.rejected_rows(ctx, made)["rows"]
    fixes = [{"id": one["id"], "values": {"prompt": "p", "completion": f"of {one['file']}"}} for one in refused]
    rejected_rows.repair_rows(ctx, made, fixes)
    found = {row["messages"][-1]["content"]: row["split"] for row in read_rows(rows_file(ctx, made))}
    assert (found["of train.jsonl"], found["of test.jsonl"]) == ("train", "test")


@pytest.mark.parametrize("name", ["set.json", "set.zip"])
def test_lists_of_one_json_file_are_its_parts(ctx: Context, name: str) -> None:
    whole = {
        part: [json.loads(line) for line in pairs(*names).splitlines()]
        for part, names in {"train": "abc", "validation": "d", "test": "ef"}.items()
    }
    data = json.dumps({**whole, "version": "1.0"}).encode()
    made = put(ctx, zipped({"x/rows.json": data}) if name == "set.zip" else data, name)
    expected = [("a", "train"), ("b", "train"), ("c", "train"), ("d", "val"), ("e", "test"), ("f", "test")]
    for options in ({}, {"encoding": "latin-1"}):
        assert [(row["messages"][0]["content"], row["split"]) for row in imported(ctx, made, **options)] == expected
    datasets.delete_dataset(ctx, made)
    assert not any(ctx.settings.folder("uploads").iterdir())


def test_drafts_from_before_are_drawn_as_before(ctx: Context) -> None:
    made = case(ctx, "train_test_validation.zip")
    with ctx.db.write() as s:
        row = s.get_one(Dataset, made)
        row.detection = {"notes": row.detection["notes"]}
    assert datasets.dataset_view(ctx, made)["splits"]["proposed"] is None
    assert set(counts(imported(ctx, made, encoding="latin-1"))) == {"train", "val"}


def test_another_encoding_keeps_the_parts(ctx: Context) -> None:
    made = case(ctx, "train_test_validation.zip")
    assert set(counts(imported(ctx, made, encoding="latin-1"))) == {"train", "val", "test"}


def test_a_wish_that_suits_no_file_is_refused_before_anything_is_read(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    made = put(ctx, pairs("a"))
    view = datasets.dataset_view(ctx, made)
    wish = {key: view[key] for key in ("name", "shape", "mapping")} | {
        "splits": {"kind": "kept", "files": {"x": "test"}}
    }
    with pytest.raises(Fault, match=r"data\.splits\.no_file"):
        imports.start_import(ctx, made, wish)


def test_messages_in_rows_of_their_own_keep_the_part_of_their_conversation(ctx: Context) -> None:
    def said(talk: str, part: str) -> str:
        return f"{talk},user,Q {talk},{part}\n{talk},assistant,A {talk},{part}\n"

    talks = {f"c{i}": ("train", "train", "test")[i % 3] for i in range(12)}
    table = "c_id,role,content,split\n" + "".join(said(talk, part) for talk, part in talks.items())
    made = put(ctx, table.encode() + b"c99,user,Q c99,train\nc99,assistant,A c99,test\n", "messages.csv")
    rows = imported(ctx, made, val_fraction=0.0)
    assert {row["messages"][0]["content"]: row["split"] for row in rows} == {
        f"Q {talk}": part for talk, part in talks.items()
    }
    assert [one["code"] for one in rejected_rows.rejected_rows(ctx, made)["rows"]] == ["data.splits.row_without"]


def test_conversations_of_several_files_stay_in_their_file_s_part(ctx: Context) -> None:
    table = "c_id,role,content\n1,user,Q{0}\n1,assistant,A{0}\n"
    files = {f"{part}.csv": table.format(part).encode() for part in ("train", "test")}
    rows = imported(ctx, put(ctx, zipped(files), "set.zip"), val_fraction=0.0)
    assert [(row["messages"][0]["content"], row["split"]) for row in rows] == [("Qtrain", "train"), ("Qtest", "test")]


def test_what_a_saved_data_set_says_of_itself_is_no_row(ctx: Context) -> None:
    about = {"set/dataset_dict.json": b'{"splits": ["train", "test"]}'}
    about |= {
        f"set/{part}/{name}": b'{"_split": "x"}'
        for part in ("train", "test")
        for name in ("state.json", "dataset_info.json")
    }
    rows = {f"set/{part}/data-00000-of-00001.jsonl": pairs(part) for part in ("train", "test")}
    found = imported(ctx, put(ctx, zipped(about | rows), "set.zip"), val_fraction=0.0)
    assert [(row["messages"][0]["content"], row["split"]) for row in found] == [("train", "train"), ("test", "test")]
