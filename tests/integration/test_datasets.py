"""Data sets from upload to deletion, on a real database and real files."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.store import read_rows
from engine.services.data import datasets, imports, rejected_rows, sources
from storage.job_tables import Job
from storage.queries import versions
from storage.tables import Dataset
from tests.unit.data.corpus import good, jsonl, table

ROOT = Path(__file__).parents[2]
PROMPTS = {"prompt": "prompt", "completion": "completion"}


def upload(ctx: Context, data: bytes, name: str = "rows.jsonl") -> int:
    path = ctx.settings.folder("incoming") / "part"
    path.write_bytes(data)
    made = sources.add_upload(ctx, path, name)
    assert not path.exists()
    return made


def import_as_found(ctx: Context, dataset: int, **options: Any) -> dict[str, Any]:
    view = datasets.dataset_view(ctx, dataset)
    return imports.import_dataset(ctx, dataset, **{key: view[key] for key in ("name", "shape", "mapping")} | options)


def ready(ctx: Context, rows: int = 20, **options: Any) -> int:
    made = upload(ctx, jsonl(*[good(i) for i in range(1, rows + 1)]))
    import_as_found(ctx, made, **options)
    return made


def add_job(ctx: Context, dataset: int) -> None:
    with ctx.db.write() as s:
        s.add(Job(name="job", lane="cpu", position=1.0, spec={}, dataset_id=dataset))


def rows_file(ctx: Context, dataset: int) -> Path:
    with ctx.db.read() as s:
        row = s.get(Dataset, dataset)
        assert row is not None
        assert row.rows_path is not None
        return ctx.settings.absolute(row.rows_path)


def files(ctx: Context, folder: str) -> set[str]:
    return {path.name for path in ctx.settings.folder(folder).iterdir()}


def with_indexes(*hashes: str) -> set[str]:
    return {f"{one}.{ending}" for one in hashes for ending in ("jsonl", "index")}


def test_the_whole_way(ctx: Context) -> None:
    made = upload(ctx, table(*[f"Q{i},A{i}" for i in range(1, 31)], "too,many,cells", ",empty"), "my rows.csv")
    draft = datasets.dataset_view(ctx, made)
    assert (draft["status"], draft["name"], draft["source_name"]) == ("draft", "my rows", "my rows.csv")
    assert (draft["format"], draft["shape"], draft["mapping"], draft["kind"]) == (
        "csv",
        "prompt_completion",
        PROMPTS,
        "chat",
    )
    assert {note["what"] for note in draft["detection"]} >= {"encoding", "format", "columns", "shape"}

    seen = datasets.preview_mapping(ctx, made, shape=draft["shape"], mapping=draft["mapping"], limit=2)
    assert [row["messages"][0]["content"] for row in seen["rows"]] == ["Q1", "Q2"]
    assert (seen["checked"], [row["line"] for row in seen["rejected"]]) == (32, [32, 33])

    view = imports.import_dataset(ctx, made, name=" House style ", shape=draft["shape"], mapping=draft["mapping"])
    assert (view["status"], view["name"], view["accepted"], view["rejected"]) == ("ready", "House style", 30, 2)
    assert (view["train_rows"], view["val_rows"], view["seed"], view["val_fraction"]) == (27, 3, 42, 0.1)
    assert view["stats"]["reasons"] == {"data.csv.ragged": 1, "data.row.empty": 1}
    assert view["stats"]["turns"] == {"1": 30}
    assert len(view["content_hash"]) == 64
    json.dumps([view, datasets.list_datasets(ctx)])

    every = datasets.dataset_rows(ctx, made, limit=100)
    assert (every["total"], [row["index"] for row in every["rows"]]) == (30, list(range(30)))
    val = datasets.dataset_rows(ctx, made, split="val", offset=1, limit=1)
    assert (val["total"], len(val["rows"]), val["rows"][0]["split"]) == (3, 1, "val")
    out = rejected_rows.rejected_rows(ctx, made)
    assert out["total"] == 2
    assert (
        out["rows"][0].items()
        >= {
            "file": None,
            "place": 0,
            "line": 32,
            "row": 31,
            "column": None,
            "code": "data.csv.ragged",
            "params": {"expected": 2, "found": 3},
            "raw": "too,many,cells\n",
        }.items()
    )
    assert rejected_rows.rejected_rows(ctx, made, offset=1)["rows"][0]["column"] == "prompt"


def test_a_gbk_file_can_be_read_in_another_encoding_by_choice(ctx: Context) -> None:
    data = 'prompt,completion\n客服码是什么？,点灯啦！客服码是YD-58。\n几点开门,"早上9:47开门，欢迎光临"\n'.encode(
        "gbk"
    )
    made = upload(ctx, data, "客服.csv")
    view = import_as_found(ctx, made, val_fraction=0)
    assert (view["encoding"], view["name"], view["stats"]["language"], view["val_rows"]) == ("gb18030", "客服", "zh", 0)
    wrong = import_as_found(ctx, made, encoding="windows-1252")
    assert wrong["encoding"] == "cp1252"
    assert datasets.dataset_rows(ctx, made)["rows"][0]["messages"][0]["content"] != "客服码是什么？"
    assert import_as_found(ctx, made, encoding="gbk")["content_hash"] != wrong["content_hash"]


def test_the_same_seed_gives_the_same_file_and_another_one_another_split(ctx: Context) -> None:
    first, second, third = ready(ctx, 40), ready(ctx, 40), ready(ctx, 40, seed=7)
    hashes = [datasets.dataset_view(ctx, made)["content_hash"] for made in (first, second, third)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert files(ctx, "datasets") == with_indexes(*hashes)
    assert {row["split"] for row in read_rows(rows_file(ctx, first))} == {"train", "val"}


@pytest.mark.parametrize("name", ["../../x.jsonl", "CON", "\u202elnosj.x", "👩‍💻.jsonl", "n" * 300 + ".jsonl", ""])
def test_names_never_reach_the_disk(ctx: Context, name: str) -> None:
    made = upload(ctx, jsonl(good(1)), name)
    (stored,) = files(ctx, "uploads")
    assert len(stored) == 32
    assert set(stored) <= set("0123456789abcdef")
    view = datasets.dataset_view(ctx, made)
    assert 0 < len(view["name"]) <= 120
    assert not set(view["source_name"]) & set("/\\\u202e")


def test_a_refused_file_leaves_nothing(ctx: Context) -> None:
    for data, code in ((b"", "data.file.empty"), (b"PK\x03\x04" + b"\0" * 50, "data.archive.damaged")):
        with pytest.raises(Fault) as caught:
            upload(ctx, data)
        assert caught.value.code == code
    assert datasets.list_datasets(ctx) == []
    assert files(ctx, "uploads") == set()


def test_a_file_over_the_limit_is_refused(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate((ctx.settings.max_upload_mb + 1) * 2**20)
    with pytest.raises(Fault) as caught:
        sources.add_upload(ctx, path, "huge.csv")
    assert (caught.value.code, caught.value.params["limit"]) == ("data.file.too_large", ctx.settings.max_upload_mb)
    assert path.exists()


def test_faults_of_an_import_change_nothing(ctx: Context) -> None:
    made = ready(ctx)
    before = datasets.dataset_view(ctx, made)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"mapping": {"prompt": "prompt"}}, "data.mapping.missing"),
        ({"shape": None}, "data.mapping.no_shape"),
        ({"val_fraction": 1.0}, "data.val_fraction"),
        ({"val_fraction": float("nan")}, "data.val_fraction"),
        ({"seed": None}, "param.not_whole"),
        ({"encoding": "klingon"}, "data.encoding.unknown"),
        ({"shape": "messages", "mapping": {"messages": "prompt"}}, "data.import.none_accepted"),
    ]
    for options, code in wrong:
        with pytest.raises(Fault) as caught:
            import_as_found(ctx, made, **options)
        assert caught.value.code == code
    assert datasets.dataset_view(ctx, made) == before
    assert files(ctx, "datasets") == with_indexes(before["content_hash"])


def test_a_draft_keeps_the_reasons_when_no_row_works(ctx: Context) -> None:
    made = upload(ctx, jsonl({"prompt": "a", "completion": ""}, {"prompt": "", "completion": "b"}))
    with pytest.raises(Fault, match="none_accepted"):
        import_as_found(ctx, made)
    assert datasets.dataset_view(ctx, made)["status"] == "draft"
    assert [row["column"] for row in rejected_rows.rejected_rows(ctx, made)["rows"]] == ["completion", "prompt"]


def test_rejected_rows_are_all_counted_and_the_first_ones_kept(ctx: Context) -> None:
    made = upload(ctx, jsonl(good(1)) + b"{broken\n" * 6_000)
    view = import_as_found(ctx, made)
    assert (view["rejected"], view["stats"]["rejected_kept"]) == (6_000, 5_000)
    last = rejected_rows.rejected_rows(ctx, made, offset=4_999)
    assert (last["total"], last["listed"], [row["line"] for row in last["rows"]]) == (6_000, 5_000, [5_001])


def test_rows_of_a_job_survive_a_new_mapping_and_deletion(ctx: Context) -> None:
    made = ready(ctx)
    old = rows_file(ctx, made)
    content = old.read_bytes()
    add_job(ctx, made)
    import_as_found(ctx, made, mapping={"prompt": "completion", "completion": "prompt"})
    assert rows_file(ctx, made) != old
    assert old.read_bytes() == content
    datasets.delete_dataset(ctx, made)
    assert old.exists()
    assert datasets.list_datasets(ctx) == []


def test_an_import_is_a_version_and_no_version_loses_its_file(ctx: Context) -> None:
    made, twin = ready(ctx), ready(ctx)
    old = rows_file(ctx, made)
    for one in (made, twin):
        assert import_as_found(ctx, one, seed=7)["version"] == 2
    with ctx.db.read() as s:
        first, second = versions.all_of(s, made)
    assert (first.number, first.operation, first.parent) == (1, "import", None)
    assert ctx.settings.absolute(first.rows_path) == old
    assert ctx.settings.absolute(second.rows_path) == rows_file(ctx, made) != old
    assert (second.train_rows, second.val_rows, second.test_rows) == (18, 2, 0)
    assert second.stats["characters"] > 0
    datasets.delete_dataset(ctx, made)
    assert old.exists()  # the twin's first version
    datasets.delete_dataset(ctx, twin)
    assert files(ctx, "datasets") == files(ctx, "uploads") == set()
    for act in (datasets.dataset_view, datasets.dataset_rows, datasets.delete_dataset, rejected_rows.rejected_rows):
        with pytest.raises(NotFound):
            act(ctx, made)


def test_rename(ctx: Context) -> None:
    made = ready(ctx)
    datasets.rename_dataset(ctx, made, "  QA / v2\n")
    assert datasets.dataset_view(ctx, made)["name"] == "QA / v2"
    datasets.rename_dataset(ctx, made, " ")
    assert datasets.dataset_view(ctx, made)["name"] == "QA / v2"


@pytest.mark.parametrize("key", ["en", "zh"])
def test_samples_are_ready_made_once_and_made_again(ctx: Context, key: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda _: datasets.ensure_sample(ctx, key), range(4)))
    assert len(ids) == 1
    (only,) = datasets.list_datasets(ctx)
    assert (only["status"], only["sample_key"], only["rejected"]) == ("ready", key, 0)
    assert only["stats"]["language"] == key
    assert only["accepted"] >= 80
    assert only["val_rows"] > 0
    datasets.delete_dataset(ctx, only["id"])
    again = datasets.ensure_sample(ctx, key)
    assert again not in ids
    assert datasets.dataset_view(ctx, again)["content_hash"] == only["content_hash"]
    assert datasets.dataset_rows(ctx, again)["rows"]
    with pytest.raises(NotFound):
        datasets.ensure_sample(ctx, "../en")


def test_script_in_a_row_is_only_text(ctx: Context) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    made = upload(ctx, jsonl({"prompt": script, "completion": script}), script)
    import_as_found(ctx, made)
    (row,) = datasets.dataset_rows(ctx, made)["rows"]
    assert [message["content"] for message in row["messages"]] == [script, script]


def test_reading_needs_no_heavy_library_and_little_memory(tmp_path: Path) -> None:
    code = f"""
import resource, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from engine.data.importing.import_rows import import_rows
from engine.data.detection.detect_upload import detect_upload
import engine.services.data.datasets
folder = Path({str(tmp_path)!r})
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
row = '{{"prompt": "Q", "completion": "' + "x" * 100_000 + '"}}'
for start, between, end in (("", "\\n", ""), ("[\\n", ",\\n", "]")):
    path = folder / "rows"
    with path.open("w") as file:
        file.write(start + row)
        for _ in range(600):
            file.write(between + row)
        file.write(end)
    before = peak()
    source = detect_upload(path, "rows")
    done = import_rows(source, source.shape, source.mapping, folder / "out", val_fraction=0.1, seed=1)
    assert done.stored.train_rows + done.stored.val_rows == 601
    assert peak() - before < 60, (before, peak())
heavy = {{"torch", "transformers", "pandas", "datasets", "gradio", "pyarrow"}} & sys.modules.keys()
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
