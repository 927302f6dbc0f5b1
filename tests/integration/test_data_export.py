"""Exports of versions: whole files under home, the hub's folder, large ones by a job, and what cannot be written."""

from __future__ import annotations

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.jobs.runners import export_data
from engine.services.data import datasets, export_files, imports, sources
from engine.services.data import export as data_export
from engine.services.data.annotation import annotation_queue
from engine.services.data.versions import versions
from storage.job_tables import Job


def table(ctx: Context, rows: list[dict[str, Any]], name: str = "rows.jsonl", **options: Any) -> int:
    path = ctx.settings.folder("incoming") / "part"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = sources.add_upload(ctx, path, name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(
        ctx, made, name=options.pop("called", view["name"]), shape=view["shape"], mapping=view["mapping"], **options
    )
    return made


ROWS = [{"instruction": f"Q{i}", "input": "", "output": f"A{i}", "topic": "x"} for i in range(30)]


def export(ctx: Context, dataset: int, version: int | None = None, **values: Any) -> tuple[Path, str, dict[str, Any]]:
    done = data_export.start_export(ctx, dataset, values, version)["file"]
    return *data_export.export_file(ctx, done["key"]), done


def test_a_folder_for_a_hub(ctx: Context) -> None:
    made = table(ctx, ROWS, called="Ünïcode: a/b | <b>*x*")
    annotation_queue.decide(ctx, annotation_queue.collect(ctx, {"messages": [
        {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}, {"code": "playground"}), "approve")  # fmt: skip
    annotation_queue.add_approved(ctx, made)
    path, name, done = export(ctx, made, format="hub", form="own", licence="cc-by-4.0")
    assert (name, done["rows"]) == ("Ünïcode- a-b - -b-x-v2.zip", 31)
    archive = zipfile.ZipFile(path)
    parts = ["data/train-00000-of-00001.parquet", "data/validation-00000-of-00001.parquet"]
    assert archive.namelist() == ["README.md", *parts]
    assert [pq.read_table(archive.open(part)).num_rows for part in parts] == [28, 3]
    _, head, body = archive.read("README.md").decode().split("---\n", 2)
    card = yaml.safe_load(head)
    assert (card["license"], card["size_categories"], card["language"]) == ("cc-by-4.0", ["n<1K"], ["en"])
    assert [one["path"] for one in card["configs"][0]["data_files"]] == ["data/train-*", "data/validation-*"]
    assert "synthetic" in card["tags"]
    assert "Approved rows added" in body
    assert "加入审核通过的数据行" in body
    assert "<b>" not in body


def test_every_format_and_part_of_any_version(ctx: Context) -> None:
    made = table(ctx, ROWS)
    versions.add_rows(
        ctx,
        made,
        [{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}],
        "collect",
        {},
    )
    old, _, _ = export(ctx, made, 1, format="jsonl")
    assert [json.loads(line) for line in old.read_text().splitlines()] == ROWS
    assert export(ctx, made, format="jsonl")[2]["rows"] == 31
    parts = [export(ctx, made, format="csv", part=part)[2]["rows"] for part in ("train", "val")]
    assert parts == [28, 3]
    with pytest.raises(Fault, match=r"data\.export\.no_rows"):
        export(ctx, made, part="test")
    marked, _, _ = export(ctx, made, format="parquet", split_column=True)
    assert set(pq.read_table(marked).column("split").to_pylist()) == {"train", "val"}


def test_the_same_wish_is_the_same_file_until_it_is_old(ctx: Context) -> None:
    made = table(ctx, ROWS)
    path, _, done = export(ctx, made, format="csv")
    stamp = path.stat().st_mtime_ns
    assert export(ctx, made, format="csv")[2] == done
    assert path.stat().st_mtime_ns == stamp
    yesterday = time.time() - 2 * 24 * 3600
    for file in path.parent.iterdir():
        os.utime(file, (yesterday, yesterday))
    export(ctx, made, format="jsonl")
    assert not path.exists()
    with pytest.raises(NotFound):
        data_export.export_file(ctx, done["key"])
    assert not [file for file in path.parent.iterdir() if file.suffix == ".part"]


@pytest.mark.parametrize("key", ["", "../../tunesmith.db", "0" * 32, "0" * 31 + "/"])
def test_only_finished_exports_can_be_fetched(ctx: Context, key: str) -> None:
    with pytest.raises(NotFound):
        data_export.export_file(ctx, key)


def test_what_cannot_be_written_is_said_before_anything_is_kept(ctx: Context) -> None:
    made = table(ctx, ROWS)
    turns = [{"role": role, "content": "x"} for role in ("user", "assistant") * 2]
    versions.add_rows(ctx, made, [{"messages": turns}], "collect", {})
    with pytest.raises(Fault, match=r"data\.export\.not_fit") as raised:
        export(ctx, made, format="csv")
    assert raised.value.params == {"rows": 1, "all": 31, "first": 30}
    assert export(ctx, made, format="csv", form="own")[2]["rows"] == 31
    with pytest.raises(SpecError):
        export(ctx, made, format="xlsx")
    datasets.delete_dataset(ctx, made)
    with pytest.raises(NotFound):
        export(ctx, made, format="csv", form="own")


def test_a_large_one_is_a_job(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_export, "IN_PLACE_ROWS", 10)
    monkeypatch.setattr(export_files, "_TOLD_EVERY", 20)
    made = table(ctx, ROWS)
    queued = data_export.start_export(ctx, made, {"format": "csv"})
    assert data_export.start_export(ctx, made, {"format": "csv"}) == queued
    assert data_export.export_state(ctx, queued["job"])["status"] == "queued"
    with ctx.db.read() as s:
        job = s.get_one(Job, queued["job"])
    told = _Told()
    export_data.run(ctx, job, told)  # type: ignore[arg-type]
    assert told.steps == [20, 40, 60]
    assert data_export.start_export(ctx, made, {"format": "csv"}) == {"file": told.result["file"]}


class _Told:
    """Takes down what a job tells."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.result: dict[str, Any] = {}

    def progress(self, step: int, total: int) -> None:
        assert total == 60
        self.steps.append(step)

    def phase(self, name: str) -> None:
        assert name == "writing"

    def heed(self) -> None:
        """Nobody asks it to end."""

    def finish(self, status: str, result: dict[str, Any] | None = None) -> None:
        assert status == "succeeded"
        self.result = result or {}


def test_an_export_that_disarms_formulas_is_imported_as_the_same_rows(ctx: Context) -> None:
    texts = ["=1+1", "'=1+1", "@x", "-5", "- a point", "\tx", "plain"]
    made = table(ctx, [{"instruction": f"{text} Q", "output": text, "note": text} for text in texts * 3])
    path, name, _ = export(ctx, made, format="csv")
    assert '"\'=1+1"' in path.read_text()
    assert '"=1+1"' in export(ctx, made, format="csv", safe=False)[0].read_text()
    copy = ctx.settings.folder("incoming") / "again"
    copy.write_bytes(path.read_bytes())
    again = sources.add_upload(ctx, copy, name)
    view = datasets.dataset_view(ctx, again)
    imports.import_dataset(ctx, again, name="Again", shape=view["shape"], mapping=view["mapping"])
    files = [export(ctx, one, format="jsonl", form="original")[0].read_text() for one in (made, again)]
    assert files[0] == files[1]
