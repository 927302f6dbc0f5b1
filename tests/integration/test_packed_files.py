"""Files that were packed by themselves, alone and inside archives: read as what is in them, within the bounds of an archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.importing import archive, packed
from engine.data.importing.packed import plain_name, unpack_stream
from engine.services.data import datasets, sources
from tests.integration.test_sources import add, imported, left_out, pairs, uploads
from tests.unit.data.corpus import good, jsonl, table
from tests.unit.data.made import docx
from tests.unit.data.made import packed as zipped

ROWS = jsonl(good(1), good(2))
TWO = [("Q1", "A1"), ("Q2", "A2")]


def _zstd(data: bytes) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue().to_pybytes())


PACK: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "gzip": (gzip.compress, "gz"),
    "bzip2": (bz2.compress, "bz2"),
    "xz": (lzma.compress, "xz"),
    "zstd": (_zstd, "zst"),
}


@pytest.mark.parametrize("kind", PACK)
def test_a_packed_file_is_what_is_in_it(ctx: Context, kind: str) -> None:
    pack, ending = PACK[kind]
    made = add(ctx, {f"pairs.jsonl.{ending}": pack(ROWS)})
    view = datasets.dataset_view(ctx, made)
    assert (view["name"], view["format"]) == ("pairs", "jsonl")
    assert pairs(imported(ctx, made)) == TWO
    assert len(uploads(ctx)) == 1


def test_packed_parts_follow_each_other(ctx: Context, tmp_path: Path) -> None:
    for kind, (pack, _ending) in PACK.items():
        path = tmp_path / kind
        path.write_bytes(pack(ROWS) + pack(b"more"))
        out = unpack_stream(path, kind, ctx.settings.folder("uploads"), 10)
        assert out.read_bytes() == ROWS + b"more"
        out.unlink()


def test_packed_files_inside_an_archive_and_beside_others(ctx: Context) -> None:
    inside = zipped(
        ("a/one.csv.gz", gzip.compress(table("Q1,A1"))),
        ("two.jsonl", jsonl(good(2))),
        ("cut.json.gz", gzip.compress(os.urandom(4_000))[:2_000]),
        ("again.gz", gzip.compress(gzip.compress(ROWS))),
        ("deep.zip", zipped(("x.csv", table("x,y")))),
    )
    made = add(ctx, {"all.zip": inside, "three.csv.bz2": bz2.compress(table("Q3,A3"))})
    assert sorted(pairs(imported(ctx, made))) == [*TWO, ("Q3", "A3")]
    assert left_out(ctx, made) == {
        "cut.json.gz": "data.packed.cut_off",
        "again": "data.archive.nested",
        "deep.zip": "data.archive.nested",
    }
    assert len(uploads(ctx)) == 3


def test_what_is_packed_may_be_any_format(ctx: Context) -> None:
    made = add(ctx, {"letter.docx.xz": lzma.compress(docx("Hello there."))})
    assert datasets.dataset_view(ctx, made)["format"] == "docx"


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    **{
        f"{kind}-cut": ((lambda pack=pack: pack(os.urandom(9_000))[:-3_000]), "data.packed.cut_off")  # type: ignore[misc]
        for kind, (pack, _ending) in PACK.items()
    },
    "gzip-damaged": (lambda: gzip.compress(ROWS)[:10] + b"\xff" * 40, "data.packed.damaged"),
    "bzip2-damaged": (lambda: bz2.compress(ROWS)[:10] + b"\xff" * 90, "data.packed.damaged"),
    "xz-damaged": (lambda: _flipped(lzma.compress(os.urandom(3_000))), "data.packed.damaged"),
    "zstd-damaged": (lambda: _zstd(ROWS) + b"rubbish", "data.packed.damaged"),
    "xz-that-wants-memory": (lambda: _greedy(), "data.packed.damaged"),
    "nothing-inside": (lambda: gzip.compress(b""), "data.file.empty"),
    "an-archive-inside": (lambda: gzip.compress(zipped(("a.csv", b"a,b"))), "data.archive.nested"),
}


def _flipped(data: bytes) -> bytes:
    return data[:500] + bytes(99) + data[599:]


def _greedy() -> bytes:
    return lzma.compress(
        ROWS, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 160 * 2**20, "mode": lzma.MODE_FAST, "mf": lzma.MF_HC3}]
    )


@pytest.mark.parametrize("name", REFUSED)
def test_damage_is_said_and_nothing_stays(ctx: Context, name: str) -> None:
    make, code = REFUSED[name]
    path = ctx.settings.folder("incoming") / "upload"
    path.write_bytes(make())
    with pytest.raises(Fault) as caught:
        sources.add_upload(ctx, path, name)
    assert (caught.value.code, uploads(ctx)) == (code, [])


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_is_ended_with_little_memory(ctx: Context, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PLENTY", 4 * 2**20)
    path = ctx.settings.folder("incoming") / "bomb"
    path.write_bytes(PACK[kind][0](b"0" * 10 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(Fault) as caught:
            unpack_stream(path, kind, ctx.settings.folder("uploads"), 1_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (caught.value.code, uploads(ctx)) == ("data.archive.bomb", [])
    assert peak < 14 * 2**20


def test_what_is_unpacked_counts_as_an_upload(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(3 * 2**20)))
    with pytest.raises(Fault, match="too_large"):
        unpack_stream(path, "gzip", ctx.settings.folder("uploads"), 4, taken=2 * 2**20)


def test_names_lose_the_ending_that_says_how_they_were_packed() -> None:
    names = ["a.jsonl.gz", "a.csv.ZST", "a.xz", "gz", ".gz", "a.bz2.txt"]
    assert [plain_name(name) for name in names] == ["a.jsonl", "a.csv", "a", "gz", ".gz", "a.bz2.txt"]
    assert set(packed.PACKED) == set(PACK)
