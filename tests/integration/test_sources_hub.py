"""Data sets of a hub: a real client and a hub of one folder on this machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.process import new_nonce, this_boot
from engine.data.importing import hub
from engine.data.splits.cards import card_of
from engine.jobs.reporter import Reporter
from engine.jobs.runners import fetch_data
from engine.jobs.signals import Cancelled
from engine.services.data import datasets, sources_hub
from engine.services.jobs.lifecycle import cancel_job
from storage.queries.jobs import claim_next, get_job
from tests.integration.small_hub import small_hub
from tests.integration.test_sources import Q4, imported, pairs
from tests.unit.data.corpus import table
from tests.unit.data.test_bad_files import assert_can_be_said


@pytest.fixture
def online(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Context:
    """The same home with the hub allowed."""
    settings = dataclasses.replace(ctx.settings, offline=False)
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    return dataclasses.replace(ctx, settings=settings)


def fetch(ctx: Context, job: int, *, stop: bool = False) -> dict[str, Any]:
    """Run a fetch here instead of in a worker. Raises what it raises."""
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
    assert claimed is not None
    reporter = Reporter(ctx, *claimed)
    reporter.start()
    try:
        if stop:
            cancel_job(ctx, job)
            reporter.flush()
        with ctx.db.read() as s:
            row = get_job(s, job)
        assert row is not None
        fetch_data.run(ctx, row, reporter)
    except Cancelled:
        reporter.finish("cancelled")
    except Fault as fault:
        reporter.finish("failed", error=fault.as_dict())
        raise
    finally:
        reporter.close()
    return sources_hub.hub_state(ctx, job)


def test_a_data_set_of_a_hub(online: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in (
        ("train.csv", table("Q1,A1")),
        ("test.csv", table("x,y")),
        ("README.md", b"#"),
        ("load.py", b"x"),
    ):
        (tmp_path / name).write_bytes(data)
    with small_hub(tmp_path, "someone/lamps") as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        job = sources_hub.add_from_hub(online, " https://huggingface.co/datasets/someone/lamps?x=1 ")["job"]
        assert sources_hub.add_from_hub(online, "someone/lamps")["job"] == job
        assert [one["job"] for one in sources_hub.hub_fetches(online)] == [job]
        state = fetch(online, job)
    assert (state["status"], state["ended"]) == ("succeeded", True)
    view = datasets.dataset_view(online, state["dataset"])
    assert (view["name"], view["source_name"]) == ("lamps", "someone/lamps")
    assert view["detection"][0]["params"] == {
        "name": "someone/lamps",
        "split": "train, test",
        "others": "–",
    }
    rows = imported(online, state["dataset"])
    assert (pairs(rows), [row["split"] for row in rows]) == ([("Q1", "A1"), ("x", "y")], ["train", "test"])
    assert not [request for request in asked if "load.py" in request]
    assert not any(online.settings.folder("cache", "datasets").iterdir())


def test_what_a_hub_cannot_give(online: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.csv").write_bytes(Q4)
    with small_hub(tmp_path, "someone/lamps") as (address, _asked):
        for endpoint, name, code in (
            (address, "someone/other", "data.hub.not_found"),
            ("http://127.0.0.1:9", "someone/lamps", "data.hub.unreachable"),
        ):
            monkeypatch.setenv("HF_ENDPOINT", endpoint)
            job = sources_hub.add_from_hub(online, name)["job"]
            with pytest.raises(Fault) as caught:
                fetch(online, job)
            assert caught.value.code == code
            assert_can_be_said(code, caught.value.params)
            assert sources_hub.hub_state(online, job)["error"]["code"] == code


def test_hubs_are_not_asked_offline_nor_for_names_that_are_none(ctx: Context, online: Context) -> None:
    with pytest.raises(Fault, match=r"data\.hub\.offline"):
        sources_hub.add_from_hub(ctx, "someone/lamps")
    for name in ("", "a b", "../x", "a/b/c", "--x"):
        with pytest.raises(Fault, match=r"data\.hub\.name"):
            sources_hub.add_from_hub(online, name)


def test_files_of_one_part_are_chosen() -> None:
    sizes = {
        "README.md": 1, "dataset_infos.json": 1, "data/train-00000-of-00002.parquet": 5, "data/train-00001-of-00002.parquet": 6,
        "data/test_sft-00000-of-00001.parquet": 7, "raw.csv": 9, "en/validation.jsonl": 3,
    }  # fmt: skip
    files, part, others = hub.choose("a/b", sizes, "", "")
    assert (sum(files.values()), part, others) == (11, "train", ["test_sft"])
    assert hub.choose("a/b", sizes, "test_sft", "data")[0] == {"data/test_sft-00000-of-00001.parquet": 7}
    assert hub.choose("a/b", sizes, "validation", "en/")[0] == {"en/validation.jsonl": 3}
    sets = {f"{part}-00000-of-00001.parquet": 1 for part in ("train_sft", "test_sft", "train_gen", "test_gen")}
    assert hub.choose("a/b", sets, "", "")[1:] == ("train_gen, test_gen", ["test_sft", "train_sft"])
    assert hub.choose("a/b", {"train.csv": 1, "dev.csv": 2, "eval.csv": 3}, "", "")[1] == "train, eval, validation"
    card = card_of({"configs": [{"data_files": [{"split": "train", "path": "a*"}, {"split": "test", "path": "b*"}]}]})
    assert hub.choose("a/b", {"a1.csv": 1, "b1.csv": 2}, "test", "", card)[0] == {"b1.csv": 2}
    outside = {"/etc/train.jsonl": 9, "../train.jsonl": 9, "data/../../train.jsonl": 9}
    assert hub.choose("a/b", {**outside, "train.jsonl": 1}, "", "")[0] == {"train.jsonl": 1}
    with pytest.raises(Fault, match=r"data\.hub\.no_split") as caught:
        hub.choose("a/b", sizes, "dev", "")
    assert_can_be_said(caught.value.code, caught.value.params)
    with pytest.raises(Fault, match=r"data\.hub\.no_files"):
        hub.choose("a/b", {"model.safetensors": 5}, "", "")


def test_a_fetch_can_be_stopped(online: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    job = sources_hub.add_from_hub(online, "someone/lamps")["job"]
    assert fetch(online, job, stop=True)["status"] == "cancelled"
    assert sources_hub.hub_fetches(online) == []
    assert not any(online.settings.folder("cache", "datasets").iterdir())
