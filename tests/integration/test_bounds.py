"""Small files that unpack without end are refused, or become a job that can be cancelled, within a second and little memory."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.importing import archive
from engine.data.readers import parquet_reader
from engine.data.readers.parquet_pages import PagesDamaged, pages
from engine.data.records import bounds
from engine.data.records.bounds import OverBounds, ReadingBudget
from engine.jobs.kinds.take_in import TAKE_IN
from engine.jobs.queue import enqueue
from engine.jobs.signals import Cancelled
from engine.services.chat.question_files import read_question_file
from engine.services.data import datasets, imports, leftovers, sources, taking_in
from storage.job_tables import Job, JobStatus
from tests import workers
from tests.unit.data import bombs
from tests.unit.data.corpus import good, jsonl
from tests.unit.data.made import docx, packed, pdf, repacked
from tests.unit.data.pipeline import run
from tests.unit.data.test_bad_files import assert_can_be_said

SECOND = 1.5  # of the processor's time, so that others on the machine do not count
MEMORY_MB = 350


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused at once is refused by what it is, however busy the machine."""
    for place in (taking_in, imports, datasets):
        monkeypatch.setattr(place, "AT_ONCE_SECONDS", 60.0)


@contextlib.contextmanager
def little(seconds: float = SECOND) -> Iterator[None]:
    """What is in it takes about a second and little memory."""
    import pyarrow.parquet  # noqa: F401  loading libraries is no part of it

    Path("/proc/self/clear_refs").write_text("5")
    before, began = _memory("VmRSS"), time.process_time()
    yield
    assert time.process_time() - began < seconds
    assert _memory("VmHWM") - before < MEMORY_MB


def _memory(name: str) -> int:
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(found.split()[1]) // 1024


def put(ctx: Context, data: bytes, name: str = "a.part") -> Path:
    path = ctx.settings.folder("incoming") / name
    path.write_bytes(data)
    return path


def on_disk(ctx: Context) -> list[str]:
    folders = ("uploads", "imports", "datasets", "rejected")
    return [path.name for one in folders for path in ctx.settings.folder(one).rglob("*") if path.is_file()]


def refused(ctx: Context, data: bytes, name: str = "file") -> Fault:
    path = put(ctx, data)
    with little(), pytest.raises(Fault) as caught:
        taking_in.take_in(ctx, [(path, name)])
    assert_can_be_said(caught.value.code, caught.value.params)
    assert (on_disk(ctx), path.exists()) == ([], True)
    return caught.value


def draft(ctx: Context, data: bytes) -> int:
    with little():
        return taking_in.take_in(ctx, [(put(ctx, data), "file")])["dataset"]


def start(ctx: Context, dataset: int) -> Any:
    view = datasets.dataset_view(ctx, dataset)
    with little():
        assert datasets.preview_mapping(ctx, dataset, shape=view["shape"], mapping=view["mapping"])["checked"] > 0
    with little():
        return imports.start_import(ctx, dataset, {key: view[key] for key in ("name", "shape", "mapping")})


REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("fixed length", lambda: bombs.fixed_values(2**20, 3), "data.bounds.fixed"),
    ("a CSV of 100,000 columns", lambda: ",".join(f"c{n}" for n in range(100_000)).encode() + (b"\n" + b"," * 99_999) * 3, "data.bounds.columns"),
    ("a sheet of 16,384 columns", lambda: bombs.sheet(f"{bombs.HEAD[:-6]}{bombs.cell('XFD1', 'x')}</row><row>{bombs.cell('A2', 'Q')}</row>"), "data.bounds.columns"),
    ("an archive of 100,000 names", lambda: bombs.many_names(100_000), "data.archive.too_many"),
    ("archives in archives", lambda: bombs.zip_of_zips(3), "data.archive.nested"),
    ("a packed text", lambda: b"\x1f\x8b\x08" + bytes(20), "data.packed.damaged"),
    ("a Word file that multiplies", lambda: repacked(docx("a"), {"word/document.xml": b"a" * 20_000_000}), "data.archive.bomb"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_unpacks_without_end_is_refused_at_once(ctx: Context, make: Callable[[], bytes], code: str) -> None:
    assert refused(ctx, make()).code == code


def test_three_million_rows_of_a_small_file_are_a_job(ctx: Context) -> None:
    made = draft(ctx, bombs.same_text(3, 3_000_000))
    assert set(start(ctx, made)) == {"job"}


def test_a_text_that_all_rows_refer_to_is_a_job_that_stops_by_itself(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.8 TB in some KB. Nothing of it stays."""
    monkeypatch.setattr(bounds, "PLENTY", 64 * bounds.MB)
    made = draft(ctx, bombs.same_text(900_000, 900_000))
    before = on_disk(ctx)
    job = start(ctx, made)["job"]
    with little(seconds=30):
        workers.run_here(ctx)
    row = workers.row(ctx, job)
    assert row.error is not None
    assert (row.status, row.error["code"]) == (JobStatus.FAILED, "data.bounds.unpacked")
    assert row.error["params"]["row"] < 100
    assert_can_be_said(row.error["code"], row.error["params"])
    assert on_disk(ctx) == before


def test_a_column_that_is_packed_too_well_is_not_unpacked(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "_SMALL_GROUP", 2**20)
    assert refused(ctx, bombs.same_text(20_000_000, 4)).code == "data.bounds.ratio"


def test_one_row_with_millions_of_numbers(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "MAX_GROUP_VALUES", 1_000_000)
    assert refused(ctx, bombs.many_numbers(2_000_000)).code == "data.bounds.group_values"


def test_a_row_of_a_sheet_that_does_not_end(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.data.readers.excel_book.MAX_STEP", 2**20)
    assert refused(ctx, bombs.sheet(bombs.HEAD + "<row>" + "<c/>" * 500_000 + "</row>")).code == "data.bounds.step"
    texts = "<si>" + "<r><t>a</t></r>" * 100_000 + "</si>"
    assert refused(ctx, bombs.sheet(bombs.HEAD, texts)).code == "data.bounds.step"


def test_rows_that_are_too_large_are_named_without_being_made(tmp_path: Path) -> None:
    for data in (bombs.same_text(20_000_000, 300), bombs.same_text_in_lists(900_000, 2_000)):
        path = tmp_path / "a.parquet"
        path.write_bytes(data)
        with little():
            found = list(parquet_reader.read_parquet(path, ReadingBudget()))
        assert {item.code for item in found} == {"data.bounds.row"}  # type: ignore[union-attr]


def test_lists_that_refer_to_one_text_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(bombs.same_text_in_lists(200_000, 3, rows=20))
    found = [item.values for item in parquet_reader.read_parquet(path, ReadingBudget())]  # type: ignore[union-attr]
    assert found == [{"messages": [{"role": "user", "content": "a" * 200_000}] * 3}] * 20


def test_a_page_that_lies_about_itself_is_not_unpacked(tmp_path: Path) -> None:
    data = bombs.same_text(3, 1_000)
    file = tmp_path / "a.parquet"
    file.write_bytes(data)
    found = parquet_reader.open_parquet(file).metadata.row_group(0).column(0)
    at = found.dictionary_page_offset
    with file.open("rb") as raw:
        size = next(pages(raw, at, found.total_compressed_size, lambda: None)).unpacked
    assert data[at : at + 4] == bytes([0x15, 4, 0x15, 2 * size])  # dictionary page; unpacked size
    huge = b"\x15\xfe\xff\xff\xff\x0f"  # 2 GB
    file.write_bytes(data[: at + 2] + huge + data[at + 4 + 4 :])  # over what follows, which nobody comes to
    with little():
        items = []
        with contextlib.suppress(OverBounds):
            items = list(parquet_reader.read_parquet(file, ReadingBudget()))
    assert not [item for item in items if not hasattr(item, "code")]
    with file.open("rb") as raw, pytest.raises(PagesDamaged):
        list(pages(raw, len(data) - 8, 100, lambda: None))


def test_rows_of_a_sheet_may_all_refer_to_one_long_text(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PLENTY", 64 * bounds.MB)
    texts = f"<si><t>prompt</t></si><si><t>completion</t></si><si><t>{'a' * 900_000}</t></si>"
    head = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    made = draft(ctx, bombs.sheet(head + '<row><c t="s"><v>2</v></c><c t="s"><v>2</v></c></row>' * 5_000, texts))
    with pytest.raises(Fault) as caught:
        start(ctx, made)
    assert caught.value.code == "data.bounds.unpacked"
    assert_can_be_said(caught.value.code, caught.value.params)


def test_a_million_empty_rows_are_looked_at_by_a_job_that_can_be_cancelled(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_in, "AT_ONCE_SECONDS", 0.3)
    path = put(ctx, bombs.sheet('<row s="1" ht="20"><c s="1"/></row>' * 300_000 + bombs.HEAD * 2))
    with little():
        job = taking_in.take_in(ctx, [(path, "wide.xlsx")])["job"]
    assert [one["job"] for one in taking_in.readings(ctx)] == [job]
    heard: list[float] = []

    def cancelled(_reporter: object) -> None:
        heard.append(time.monotonic())
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr("engine.jobs.reporter.Reporter.heed", cancelled)
        workers.run_here(ctx)
    assert (len(heard), workers.row(ctx, job).status) == (1, JobStatus.CANCELLED)
    assert on_disk(ctx) == []
    assert taking_in.reading_state(ctx, job)["ended"]


def test_what_takes_long_to_look_at_becomes_a_draft_by_a_job(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_in, "AT_ONCE_SECONDS", 0.0)
    files = [(put(ctx, jsonl(good(1))), "a.jsonl"), (put(ctx, packed(("b.pdf", pdf("Text"))), "b"), "b.zip")]
    job = taking_in.take_in(ctx, files)["job"]
    assert not any(path.exists() for path, _name in files)
    workers.run_here(ctx)
    made = taking_in.reading_state(ctx, job)["dataset"]
    assert made is not None
    assert datasets.dataset_view(ctx, made)["format"] == "jsonl, pdf"
    assert len(on_disk(ctx)) == 2


def test_deep_and_wide_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    for data, code in (
        (bombs.deep(401), "data.json.too_deep"),
        (bombs.deep(600), "data.json.too_deep"),
        (bombs.deep(100_000), "data.json.too_deep"),
        (bombs.wide_objects(100_000), "data.bounds.columns"),
    ):
        as_list = b"[" + data.replace(b"\n", b",", 1).strip() + b"]"
        for form in (data, as_list) if len(data) < 10**6 else (data,):
            with little():
                result = run(tmp_path, form, "a.jsonl")
            assert (result.pairs, [one["code"] for one in result.rejected]) == ([("Q", "A")], [code])
            assert_can_be_said(code, result.rejected[0]["params"])
    assert run(tmp_path, bombs.deep(395)).rejected == []


def test_an_import_that_takes_longer_than_a_moment_goes_on_as_a_job(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sources.add_upload(ctx, put(ctx, jsonl(*(good(n) for n in range(200)))), "a.jsonl")
    before = on_disk(ctx)
    monkeypatch.setattr(imports, "AT_ONCE_SECONDS", 0.0)
    job = start(ctx, made)["job"]
    assert on_disk(ctx) == before
    workers.run_here(ctx)
    assert (workers.row(ctx, job).status, datasets.dataset_view(ctx, made)["accepted"]) == ("succeeded", 200)


def test_the_limits_of_a_whole_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_ROWS", 50)
    for data in (jsonl(*(good(n) for n in range(60))), b"prompt,completion\n" + b"Q,A\n" * 60):
        with pytest.raises(OverBounds) as caught:
            run(tmp_path, data)
        assert caught.value.code == "data.bounds.rows"
        assert_can_be_said(caught.value.code, caught.value.params)
    monkeypatch.setattr(bounds, "MAX_CELLS", 90)
    with pytest.raises(OverBounds) as caught:
        run(tmp_path, b"prompt,completion\n" + b"Q,A\n" * 49)
    assert (caught.value.code, caught.value.params["row"]) == ("data.bounds.cells", 49)


def test_an_archive_may_not_be_many_times_what_it_is(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each member is small enough for nobody to be hurt; all together they are not."""
    monkeypatch.setattr(archive, "PLENTY", 20 * bounds.MB)
    assert refused(ctx, packed(*((f"{n}.txt", b"a" * 9_000_000) for n in range(6)))).code == "data.archive.bomb"


def test_an_import_ends_before_the_disk_is_full(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sources.add_upload(ctx, put(ctx, jsonl(*(good(n) for n in range(20)))), "a.jsonl")
    before = on_disk(ctx)
    monkeypatch.setattr(bounds, "SPARE_DISK", 2**60)
    with pytest.raises(Fault, match="disk_full"):
        start(ctx, made)
    assert on_disk(ctx) == before


def test_a_file_of_questions_may_not_take_long(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.services.chat.question_files.AT_ONCE_SECONDS", 0.02)
    path = put(ctx, bombs.sheet("<row><c/></row>" * 100_000 + bombs.HEAD * 2))
    with little(), pytest.raises(Fault) as caught:
        read_question_file(path, "a.xlsx")
    assert caught.value.code == "questions.too_slow"
    assert_can_be_said(caught.value.code, caught.value.params)


def _age(*paths: Path, hours: float) -> None:
    then = time.time() - hours * 3600
    for path in paths:
        for one in (*path.rglob("*"), path):
            os.utime(one, (then, then))


def _job(ctx: Context, status: JobStatus | None, **spec: Any) -> int:
    with ctx.db.write() as session:
        job = enqueue(session, TAKE_IN, name="a", spec=spec)
        if status is not None:
            session.get_one(Job, job).status = status
    return job


def test_leftovers_go_and_what_is_in_use_stays(ctx: Context) -> None:
    home = ctx.settings.folder
    made = sources.add_upload(ctx, put(ctx, jsonl(good(1))), "a.jsonl")
    kept = [path for path in home("uploads").iterdir() if path.is_file()]
    waiting = home("uploads", "waiting", "b" * 32)
    _job(ctx, None, folder=ctx.settings.relative(waiting), files=[])
    kept += [waiting, home("imports", str(_job(ctx, JobStatus.INTERRUPTED)))]
    young = [home("uploads") / "young.part", home("imports", "c" * 32)]
    gone = [home("imports", str(_job(ctx, JobStatus.CANCELLED))), home("imports", "999"), home("imports", "d" * 32)]
    gone += [home("cache", "datasets", str(_job(ctx, JobStatus.FAILED))), home("uploads", "waiting", "e" * 32)]
    gone += [home("uploads", "groups", "f" * 32), home("datasets", "operation-x")]
    gone += [home("uploads") / name for name in ("a.part", "a.part.text", "b.new", "0" * 32)]
    for path in (*young, *gone):
        if path.suffix or (len(path.name) == 32 and not path.exists()):
            path.write_bytes(b"x")
    _age(*kept, *gone, hours=30)
    leftovers.sweep(ctx)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in (*kept, *young) if not path.exists()] == []
    assert datasets.dataset_view(ctx, made)["status"] == "draft"


def test_scratch_of_workers_stays_while_one_is_at_work(ctx: Context) -> None:
    scratch = ctx.settings.folder("datasets", "audit-x")
    job = _job(ctx, JobStatus.RUNNING)
    _age(scratch, hours=50)
    leftovers.sweep(ctx)
    assert scratch.exists()
    with ctx.db.write() as session:
        session.get_one(Job, job).status = JobStatus.FAILED
    leftovers.sweep(ctx)
    assert not scratch.exists()


def test_looking_at_a_large_text_reads_its_beginning_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("encodings", "formats"):
        place = "engine.data.detection.formats" if module == "formats" else "engine.data.records.encodings"
        monkeypatch.setattr(f"{place}.LOOK_BYTES", 50_000)
    monkeypatch.setattr("engine.data.readers.json_reader.LOOK_BYTES", 50_000)
    rows = [good(n) for n in range(9_000)]
    for data in (json.dumps({"rows": rows, "more": [{"a": 1}]}).encode(), b"one line\n" * 9_000 + b"\nanother\n\n"):
        path = tmp_path / "upload"
        path.write_bytes(data)
        result = run(tmp_path, data, "a", val_fraction=0.0)
        assert len(result.rows) in (9_000, 9_001)
