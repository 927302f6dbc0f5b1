"""Where data come from: several files, archives, pasted text, a typed table, a hub; on a real database and real files."""

from __future__ import annotations

import dataclasses
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.store import read_rows
from engine.services.data import datasets, imports, rejected_rows, sources
from storage.tables import Dataset
from tests.unit.data.corpus import good, jsonl, table
from tests.unit.data.made import docx, packed, pdf, table_xlsx, xlsx
from tests.unit.data.test_bad_files import assert_can_be_said

Q4 = table("Q4,A4")


def add(ctx: Context, files: dict[str, bytes]) -> int:
    given = []
    for place, (name, data) in enumerate(files.items()):
        path = ctx.settings.folder("incoming") / str(place)
        path.write_bytes(data)
        given.append((path, name))
    made = sources.add_files(ctx, given)
    assert not any(path.exists() for path, _name in given)
    return made


def imported(ctx: Context, dataset: int) -> list[dict[str, Any]]:
    view = datasets.dataset_view(ctx, dataset)
    choice = {key: view[key] for key in ("name", "shape", "mapping")}
    imports.import_dataset(ctx, dataset, val_fraction=0.0, **choice)
    with ctx.db.read() as session:
        row = session.get_one(Dataset, dataset)
        return list(read_rows(ctx.settings.absolute(row.rows_path or "")))


def pairs(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(message["content"] for message in row["messages"]) for row in rows]


def left_out(ctx: Context, dataset: int) -> dict[str, str]:
    """Name -> code of each file that was left out, each said in both languages."""
    notes = [note for note in datasets.dataset_view(ctx, dataset)["detection"] if note["code"] == "files.refused"]
    for note in notes:
        assert_can_be_said(note["params"]["fault"]["code"], note["params"]["fault"]["params"])
    return {note["params"]["file"]: note["params"]["fault"]["code"] for note in notes}


def uploads(ctx: Context) -> list[Path]:
    return [path for path in ctx.settings.folder("uploads").rglob("*") if path.is_file()]


# ------------------------------------------------------------------ several files


def test_several_files_are_one_data_set(ctx: Context) -> None:
    files = {
        "a.csv": table("Q1,A1", "x", head="prompt,completion"),
        "b.jsonl": jsonl(good(2) | {"topic": "t"}),
        "c.xlsx": table_xlsx(("completion", "prompt"), ("A3", "Q3")),
        "scan.pdf": pdf(None),
        "empty.txt": b"",
    }
    made = add(ctx, files)
    view = datasets.dataset_view(ctx, made)
    assert (view["name"], view["columns"]) == ("a +4", ["prompt", "completion", "topic"])
    assert left_out(ctx, made) == {"scan.pdf": "data.pdf.no_text", "empty.txt": "data.file.empty"}
    rows = imported(ctx, made)
    assert pairs(rows) == [("Q1", "A1"), ("Q2", "A2"), ("Q3", "A3")]
    assert [(row["file"], row["line"]) for row in rows] == [("a.csv", 2), ("b.jsonl", 1), ("c.xlsx", 2)]
    (rejected,) = rejected_rows.rejected_rows(ctx, made)["rows"]
    assert (rejected["file"], rejected["line"], rejected["code"]) == ("a.csv", 3, "data.csv.ragged")
    assert len(uploads(ctx)) == 3
    datasets.delete_dataset(ctx, made)
    assert uploads(ctx) == []


def test_none_of_several_files_can_be_read(ctx: Context, tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path, data in zip(paths, (b"", pdf(None)), strict=True):
        path.write_bytes(data)
    with pytest.raises(Fault, match=r"data\.file\.empty"):
        sources.add_files(ctx, [(path, path.name) for path in paths])
    assert all(path.exists() for path in paths)
    assert (uploads(ctx), [path.name for path in tmp_path.glob("*.text")]) == ([], [])


def test_one_file_says_no_file(ctx: Context) -> None:
    made = add(ctx, {"a.csv": table("Q1,A1", "Q2,A2")})
    assert all("file" not in row for row in imported(ctx, made))


# ------------------------------------------------------------------ archives


def archive(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def _flagged(data: bytes, name: bytes, offset: int, flag: bytes) -> bytes:
    """An archive with some bytes of a member's headers changed, in both places where they stand."""
    changed = bytearray(data)
    for mark, before in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
        place = next(i for i in range(len(data)) if data.startswith(mark, i) and data.startswith(name, i + before))
        at = place + offset + (2 if mark == b"PK\x01\x02" else 0)
        changed[at : at + len(flag)] = flag
    return bytes(changed)


def _broken_member() -> bytes:
    data = packed(("bad.csv", Q4 * 9), ("good.csv", Q4), method=zipfile.ZIP_STORED)
    return data.replace(b"Q4,A4\nprompt", b"Q4,A5\nprompt", 1)


def _broken_lzma() -> bytes:
    data = packed(("bad.csv", Q4 * 9), ("good.csv", Q4), method=zipfile.ZIP_LZMA)
    return data[:50] + b"\xff" * 9 + data[59:]


ODD_MEMBERS: list[tuple[Callable[[], bytes], dict[str, str]]] = [
    (lambda: archive(("../up.csv", Q4), ("good.csv", Q4)), {"../up.csv": "data.archive.unsafe_name"}),
    (lambda: archive(("/etc/x.csv", Q4), ("good.csv", Q4)), {"/etc/x.csv": "data.archive.unsafe_name"}),
    (lambda: archive(("C:\\x.csv", Q4), ("good.csv", Q4)), {"C:\\x.csv": "data.archive.unsafe_name"}),
    (lambda: archive((_link(), b"/etc/passwd"), ("good.csv", Q4)), {"link.csv": "data.archive.link"}),
    (lambda: archive(("in.zip", packed(("a.csv", Q4))), ("good.csv", Q4)), {"in.zip": "data.archive.nested"}),
    (lambda: archive(("bomb.csv", b"0" * 20_000_000), ("good.csv", Q4)), {"bomb.csv": "data.archive.bomb"}),
    (lambda: _flagged(archive(("lock.csv", Q4), ("good.csv", Q4)), b"lock.csv", 6, b"\x01\x00"), {"lock.csv": "data.archive.encrypted"}),
    (lambda: _flagged(archive(("odd.csv", Q4), ("good.csv", Q4)), b"odd.csv", 8, b"\x63\x00"), {"odd.csv": "data.archive.method"}),
    (_broken_member, {"bad.csv": "data.archive.member_damaged"}),
    (_broken_lzma, {"bad.csv": "data.archive.member_damaged"}),
    (lambda: archive(("不.csv", Q4), ("good.csv", Q4)).replace("不".encode(), b"\xff\xff\xff", 1), {"不.csv": "data.archive.member_damaged"}),
    (lambda: archive(("README.md", b"# About\n"), ("good.csv", Q4), ("LICENSE", b"Free.")), {"README.md": "data.file.about", "LICENSE": "data.file.about"}),
    (lambda: archive(("__MACOSX/._good.csv", b"x"), (".DS_Store", b"x"), ("good.csv", Q4)), {}),
]  # fmt: skip


def test_odd_members_are_named_and_the_others_stay(ctx: Context) -> None:
    for make, expected in ODD_MEMBERS:
        made = add(ctx, {"data.zip": make()})
        assert left_out(ctx, made) == expected
        assert pairs(imported(ctx, made)) == [("Q4", "A4")]
        assert len(uploads(ctx)) == 1
        datasets.delete_dataset(ctx, made)


USELESS = [
    (packed(("a.csv", Q4))[:-30], "data.archive.damaged"),
    (packed(), "data.archive.empty"),
    (packed(("__MACOSX/x", "x"), ("folder/", "")), "data.archive.empty"),
    (packed(*((f"{i}.csv", Q4) for i in range(2_001))), "data.archive.too_many"),
    (packed(("a.bin", b"\0" * 300)), "data.file.binary"),
]


def test_useless_archives_are_refused_and_nothing_stays(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for data, code in USELESS:
        path.write_bytes(data)
        with pytest.raises(Fault) as caught:
            sources.add_files(ctx, [(path, "a.zip")])
        assert caught.value.code == code
        assert_can_be_said(code, caught.value.params)
        assert (uploads(ctx), path.exists()) == ([], True)


def test_an_archive_that_unpacks_to_more_than_an_upload_may_have(ctx: Context, tmp_path: Path) -> None:
    small = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, max_upload_mb=1))
    path = tmp_path / "a.zip"
    path.write_bytes(packed(*((f"{i}.txt", f"{i}, a line of text.\n" * 30_000) for i in range(3))))
    with pytest.raises(Fault) as caught:
        sources.add_files(small, [(path, "a.zip")])
    assert (caught.value.code, caught.value.params) == ("data.archive.too_large", {"limit": 1})
    assert uploads(ctx) == []


def test_several_archives_share_the_limit(ctx: Context, tmp_path: Path) -> None:
    small = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, max_upload_mb=1))
    given = [(tmp_path / name, name) for name in ("a.zip", "b.zip")]
    for path, name in given:
        path.write_bytes(packed((f"{name}.txt", f"{name}, a line of text.\n" * 30_000)))
    made = sources.add_files(small, given)
    assert left_out(ctx, made) == {"b.zip": "data.archive.too_large"}
    assert len(uploads(ctx)) == 1


def test_names_of_an_archive_packed_on_a_chinese_windows(ctx: Context) -> None:
    data = packed(("abcd.csv", Q4), ("b/abcd.csv", Q4)).replace(b"abcd.csv", "问答.csv".encode("gb18030"))
    made = add(ctx, {"a.zip": data})
    assert [row["file"] for row in imported(ctx, made)] == ["问答.csv", "b/问答.csv"]


def test_documents_of_an_archive_become_chunks(ctx: Context) -> None:
    made = add(ctx, {"books.zip": packed(("a.docx", docx("One.")), ("b.pdf", pdf("Two.")), ("c.md", "# Three\n"))})
    rows = imported(ctx, made)
    assert [(row["file"], row["text"]) for row in rows] == [
        ("a.docx", "One."),
        ("b.pdf", "Two."),
        ("c.md", "# Three\n"),
    ]
    assert len(uploads(ctx)) == 3


# ------------------------------------------------------------------ typed and pasted


def test_pasted_text_is_what_it_looks_like(ctx: Context) -> None:
    for text, format_name, name in (
        ("prompt\tcompletion\nQ1\tA1\n", "tsv", "Mine"),
        ('{"prompt": "Q1", "completion": "A1"}', "jsonl", "Mine 2"),
        ("prompt,completion\r\nQ1,A1\r\n", "csv", "Mine 3"),
    ):
        made = sources.add_text(ctx, text, " Mine ")
        view = datasets.dataset_view(ctx, made)
        assert (view["format"], view["name"]) == (format_name, name)
        assert pairs(imported(ctx, made)) == [("Q1", "A1")]
    with pytest.raises(Fault, match=r"data\.file\.blank"):
        sources.add_text(ctx, " \n", "")


def test_a_typed_table_becomes_a_draft(ctx: Context) -> None:
    rows = [["Q1", 'A"1\nmore'], ["", " "], ["007", "NA"], ["Q3", ""]]
    made = sources.add_table(ctx, ["instruction", " output "], rows, "")
    assert pairs(imported(ctx, made)) == [("Q1", 'A"1\nmore'), ("007", "NA")]
    for columns, cells, code in (
        (["a", " "], [["x", "y"]], "data.table.nameless"),
        (["a", "a "], [["x", "y"]], "data.table.doubled"),
        (["a"], [[" "]], "data.table.no_rows"),
        (["a"] , [["x"]] * 200_001, "data.table.too_large"),
    ):  # fmt: skip
        with pytest.raises(Fault) as caught:
            sources.add_table(ctx, columns, cells)
        assert caught.value.code == code
        assert_can_be_said(code, caught.value.params)


def test_another_sheet_of_a_draft(ctx: Context) -> None:
    book = xlsx(("first", [("a", "b"), ("x", "y")]), ("second", [("prompt", "completion"), ("Q1", "A1")]))
    made = add(ctx, {"book.xlsx": book})
    view = datasets.dataset_view(ctx, made)
    assert (view["columns"], view["reading"]) == (
        ["a", "b"],
        {"sheet": "first", "sheets": ["first", "second"], "header": "first"},
    )
    sources.choose_reading(ctx, made, {"sheet": "second"})
    assert datasets.dataset_view(ctx, made)["shape"] == "prompt_completion"
    assert pairs(imported(ctx, made)) == [("Q1", "A1")]
    with pytest.raises(NotFound):
        sources.choose_reading(ctx, made, {"sheet": "first"})


def test_how_a_table_is_read_is_chosen_for_a_draft(ctx: Context) -> None:
    made = add(ctx, {"a.csv": b'Q1,"A1"\nQ2,"A2"\n'})
    assert datasets.dataset_view(ctx, made)["reading"] == {"header": "first", "quoting": "doubled"}
    sources.choose_reading(ctx, made, {"header": "none"})
    sources.choose_reading(ctx, made, {"quoting": "plain"})
    view = datasets.dataset_view(ctx, made)
    assert (view["columns"], view["reading"]) == (["#1", "#2"], {"header": "none", "quoting": "plain"})
    choice = {"name": "t", "shape": "prompt_completion", "mapping": {"prompt": "#1", "completion": "#2"}}
    imports.import_dataset(ctx, made, val_fraction=0.0, **choice)
    with ctx.db.read() as session:
        row = session.get_one(Dataset, made)
    assert pairs(list(read_rows(ctx.settings.absolute(row.rows_path or "")))) == [("Q1", '"A1"'), ("Q2", '"A2"')]
    for wrong in ({"sources": "x"}, {"header": 1}):
        with pytest.raises(Fault, match="reading"):
            sources.choose_reading(ctx, add(ctx, {"a.csv": Q4}), wrong)


def test_rows_pasted_without_a_header_are_all_data(ctx: Context) -> None:
    made = sources.add_text(ctx, "What is 2 + 2?\tFour.\nAnd 3 + 3?\tSix.\nAnd 4 + 4?\tEight.\n")
    view = datasets.dataset_view(ctx, made)
    assert (view["columns"], view["reading"]["header"]) == (["#1", "#2"], "none")
    assert "format.header_missing" in [note["code"] for note in view["detection"]]


def test_chunks_are_chosen_and_kept(ctx: Context) -> None:
    text = "One sentence here. Another one there.\n\n" * 100
    made = add(ctx, {"a.md": text.encode()})
    view = datasets.dataset_view(ctx, made)
    found = datasets.preview_mapping(
        ctx, made, shape="text", mapping={"text": "text"}, options={"chunk_characters": 200}
    )
    assert max(len(row["text"]) for row in found["rows"]) <= 200
    choice = {key: view[key] for key in ("name", "shape", "mapping")}
    imports.import_dataset(ctx, made, val_fraction=0.0, options={"unit": "paragraph"}, **choice)
    assert datasets.dataset_view(ctx, made)["accepted"] == 100
    assert datasets.dataset_view(ctx, made)["reading"]["unit"] == "paragraph"
    with pytest.raises(Fault, match=r"data\.text\.chunk_size"):
        datasets.preview_mapping(ctx, made, shape="text", mapping={"text": "text"}, options={"chunk_characters": 5})


def test_data_sets_of_equal_names_get_a_number(ctx: Context, tmp_path: Path) -> None:
    made = []
    for turn in range(3):
        file = tmp_path / "part"
        file.write_text("question,answer\n" + "".join(f"q{turn}{row},a{row}\n" for row in range(3)))
        made.append(sources.add_upload(ctx, file, "lesson.csv"))
    datasets.delete_dataset(ctx, made[1])
    datasets.rename_dataset(ctx, made[2], "lesson")
    with ctx.db.read() as session:
        assert [session.get_one(Dataset, key).name for key in made] == ["lesson", "lesson 2", "lesson 2"]


DAMAGED = b"prompt,completion\n" + "".join(f"Ärger über {n},Größe\n" for n in range(30)).encode().replace(
    b"\n", b"\xff\n"
)


def test_a_file_that_only_its_encoding_keeps_from_being_read_is_kept_and_another_one_can_be_chosen(
    ctx: Context,
) -> None:
    made = add(ctx, {"a.csv": DAMAGED})
    view = datasets.dataset_view(ctx, made)
    (said,) = [note for note in view["detection"] if note["code"] == "encoding.refused"]
    assert (view["status"], view["encoding"], view["columns"], view["shape"]) == ("draft", "utf-8", [], None)
    assert said["params"]["fault"]["code"] == "data.file.no_good_rows"
    assert {"cp1250", "gb18030", "mac_roman"} <= set(view["encodings"])
    with pytest.raises(Fault, match=r"data\.file\.no_good_rows"):  # nothing is read behind anybody's back
        datasets.preview_mapping(ctx, made, shape=None, mapping={})
    with pytest.raises(Fault, match=r"data\.encoding\.unknown"):
        sources.choose_encoding(ctx, made, "rot13")
    with pytest.raises(Fault, match=r"data\.file\.no_good_rows"):
        imports.start_import(ctx, made, {"shape": "prompt_completion", "mapping": {}})
    sources.choose_encoding(ctx, made, "latin-1")
    view = datasets.dataset_view(ctx, made)
    assert (view["encoding"], view["columns"]) == ("latin-1", ["prompt", "completion"])
    assert not [note for note in view["detection"] if note["code"] == "encoding.refused"]
    assert len(imported(ctx, made)) == 30


@pytest.mark.parametrize(
    "data",
    [
        b'{"prompt": "a"\n' * 3,  # plain ASCII: no encoding would help
        '{"schön": 1\n'.encode() * 3,
        '\ufeff{"schön": 1\n'.encode("utf-16-le"),
        b"\x7fELF" + bytes(range(32)) * 40 + b"\xff\xfe",
    ],
)
def test_a_file_that_no_encoding_would_help_is_refused_as_before(ctx: Context, data: bytes) -> None:
    with pytest.raises(Fault):
        add(ctx, {"a.jsonl": data})
    assert not uploads(ctx)
    assert not datasets.list_datasets(ctx)
