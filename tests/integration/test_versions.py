"""Versions of a data set on a real database and real files: made, tried, compared, gone back to; rows browsed and repaired."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.data.quality import CHECKS
from engine.data.rows.store import read_rows
from engine.jobs.spec import make_spec
from engine.services.data import datasets, imports, rejected_rows, row_edits, row_lengths, row_tokens
from engine.services.data import rows as data_rows
from engine.services.data.quality import auditing
from engine.services.data.versions import compare, preview, version_files, versions
from engine.training.loop.inputs import rows_file
from storage.data_tables import DatasetVersion
from storage.job_tables import Job, JobStatus
from storage.queries.inputs import get_dataset
from storage.queries.jobs import ask
from tests.integration.test_datasets import import_as_found, ready, upload
from tests.tiny import add_dataset, add_model
from tests.unit.data.corpus import good, jsonl, table
from tests.workers import run_here, run_worker

ANSWERS = [f"Number {n} costs {n} coins." for n in range(30)]


def talk(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


@pytest.fixture
def shop(ctx: Context) -> int:
    """30 rows with ids 0 to 29; the last 4 are held out."""
    return add_dataset(ctx, [talk(f"What does number {n} cost?", answer) for n, answer in enumerate(ANSWERS)])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job makes every version."""
    monkeypatch.setattr(versions, "IN_PLACE_ROWS", 0)


def rows_of(ctx: Context, dataset: int, number: int | None = None) -> list[dict[str, Any]]:
    return list(read_rows(version_files.version_file(ctx, dataset, number)[1]))


def drop(ctx: Context, dataset: int, *ids: int, **options: Any) -> dict[str, int]:
    return versions.apply(ctx, dataset, "drop_rows", {"rows": list(ids)}, **options)


# ------------------------------------------------------------------ made and kept


def test_an_operation_makes_the_next_version_and_the_one_before_stays(ctx: Context, shop: int) -> None:
    before = rows_of(ctx, shop)
    assert drop(ctx, shop, 3, 29) == {"version": 2}
    assert [row["id"] for row in rows_of(ctx, shop)] == [n for n in range(30) if n not in (3, 29)]
    assert rows_of(ctx, shop, 1) == before
    view = datasets.dataset_view(ctx, shop)
    assert (view["version"], view["accepted"], view["train_rows"], view["val_rows"]) == (2, 28, 25, 3)
    newest, first = versions.versions_of(ctx, shop)
    assert (newest["number"], newest["parent"], newest["in_use"], newest["rows"]) == (2, 1, True, 28)
    assert (newest["operation"], newest["params"]) == ("drop_rows", {"rows": [3, 29]})
    assert {key: newest["summary"][key] for key in ("dropped", "added", "changed", "moved")} == {
        "dropped": 2, "added": 0, "changed": 0, "moved": 0,
    }  # fmt: skip
    assert (first["in_use"], first["content_hash"]) == (False, version_files.version_file(ctx, shop, 1)[0].content_hash)
    json.dumps(versions.versions_of(ctx, shop))


def test_what_would_change_nothing_or_leave_nothing_makes_no_version(ctx: Context, shop: int) -> None:
    for ids, code in (([99], "data.version.nothing_changed"), (list(range(30)), "data.version.empty")):
        with pytest.raises(Fault) as caught:
            drop(ctx, shop, *ids)
        assert caught.value.code == code
    assert len(versions.versions_of(ctx, shop)) == 1
    assert sorted(path.suffix for path in ctx.settings.folder("datasets").iterdir()) == [".index", ".jsonl"]


def test_wrong_settings_are_named_by_field(ctx: Context, shop: int) -> None:
    with pytest.raises(SpecError) as caught:
        versions.apply(ctx, shop, "limit_rows", {"no_such": 1})
    assert "operation.no_such" in caught.value.faults
    with pytest.raises(NotFound):
        versions.apply(ctx, shop, "no_such", {})


def test_going_back_and_on_from_there_makes_a_branch(ctx: Context, shop: int) -> None:
    drop(ctx, shop, 1)
    versions.use_version(ctx, shop, 1)
    assert datasets.dataset_view(ctx, shop)["accepted"] == 30
    drop(ctx, shop, 2)
    assert [(one["number"], one["parent"]) for one in versions.versions_of(ctx, shop)] == [(3, 1), (2, 1), (1, None)]
    with pytest.raises(NotFound):
        versions.use_version(ctx, shop, 9)


def test_ids_of_added_rows_are_new_even_after_going_back(ctx: Context, shop: int) -> None:
    assert versions.add_rows(ctx, shop, [talk("Hello?", "Hi.")], "review", {}) == 2
    versions.use_version(ctx, shop, 1)
    versions.add_rows(ctx, shop, [talk("Bye?", "Goodbye."), talk("Open?", "Yes.")], "review", {})
    assert [row["id"] for row in rows_of(ctx, shop, 2)][30:] == [30]
    assert [row["id"] for row in rows_of(ctx, shop, 3)][30:] == [31, 32]
    assert [row["split"] for row in rows_of(ctx, shop, 3)][30:] == ["train", "train"]


# ------------------------------------------------------------------ twice, and at the same time


def test_a_double_click_makes_one_version(ctx: Context, shop: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: drop(ctx, shop, 5, base=1), range(4)))
    assert made == [{"version": 2}] * 4
    assert len(versions.versions_of(ctx, shop)) == 2


def test_another_wish_from_a_page_that_shows_an_older_version_says_so(ctx: Context, shop: int) -> None:
    drop(ctx, shop, 5, base=1)
    with pytest.raises(Fault) as caught:
        drop(ctx, shop, 6, base=1)
    assert (caught.value.code, caught.value.params) == ("data.version.moved_on", {"base": 1, "number": 2})
    assert len(versions.versions_of(ctx, shop)) == 2


# ------------------------------------------------------------------ by a job


@pytest.mark.usefixtures("large")
def test_many_rows_become_a_version_by_a_job(ctx: Context, shop: int) -> None:
    made = drop(ctx, shop, 7)
    assert drop(ctx, shop, 7) == made
    with pytest.raises(Fault) as caught:
        drop(ctx, shop, 8)
    assert caught.value.code == "data.version.busy"
    with pytest.raises(Fault):
        versions.use_version(ctx, shop, 1)
    job = run_worker(ctx)
    assert (job.id, job.status, job.result) == (made["job"], JobStatus.SUCCEEDED, {"version": 2})
    assert datasets.dataset_view(ctx, shop)["version"] == 2


@pytest.mark.usefixtures("large")
def test_a_cancelled_job_leaves_nothing(ctx: Context, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = drop(ctx, shop, 7)
    files = set(ctx.settings.folder("datasets").iterdir())

    def cancel(*_arguments: Any, **_named: Any) -> str:
        with ctx.db.write() as s:
            ask(s, made["job"], "cancel")
        return "cancel"

    monkeypatch.setattr("engine.jobs.reporter.Reporter.requested", cancel)
    assert run_here(ctx).status == JobStatus.CANCELLED
    assert {path for path in ctx.settings.folder("datasets").iterdir() if path.suffix != ".index"} <= files
    assert len(versions.versions_of(ctx, shop)) == 1


@pytest.mark.usefixtures("large")
def test_a_job_whose_version_is_no_longer_in_use_says_so_in_the_lineage(ctx: Context, shop: int) -> None:
    drop(ctx, shop, 7)
    with ctx.db.write() as s:  # what a restore of a backup, or an older program, could do meanwhile
        first = versions.queries.numbered(s, shop, 1)
        assert first is not None
        copy = {key: getattr(first, key) for key in ("rows_path", "content_hash", "train_rows", "val_rows")}
        s.add(DatasetVersion(dataset_id=shop, number=2, parent=1, operation="import", **copy))
        row = get_dataset(s, shop)
        assert row is not None
        row.version = 2
    assert run_here(ctx).result == {"version": 3}
    third, second, _first = versions.versions_of(ctx, shop)
    assert (third["parent"], third["in_use"], second["in_use"]) == (1, False, True)


# ------------------------------------------------------------------ what refers to a version


def test_a_job_keeps_the_rows_that_it_was_started_with(ctx: Context, shop: int) -> None:
    first = version_files.version_file(ctx, shop, 1)[0].content_hash
    raw = {"name": "j", "base_model": 1, "dataset": shop, "method": "lora", "budget": {"device": "cpu"}}
    spec = make_spec(raw)
    drop(ctx, shop, 0)
    with ctx.db.read() as s:
        dataset = get_dataset(s, shop)
    assert dataset is not None
    kept = type(spec)(**{**vars(spec), "dataset_hash": first})
    assert len(list(read_rows(rows_file(ctx, kept, dataset)))) == 30
    assert len(list(read_rows(rows_file(ctx, spec, dataset)))) == 29


def test_deleting_a_data_set_takes_all_versions_but_those_that_a_job_trained_on(ctx: Context, shop: int) -> None:
    other = add_dataset(ctx, [talk(f"{n}?", f"{n}.") for n in range(12)], name="Other")
    for made in (shop, other):
        drop(ctx, made, 0)
    with ctx.db.write() as s:
        s.add(Job(name="j", lane="cpu", position=1.0, spec={}, dataset_id=other))
    paths = {made: [version_files.version_file(ctx, made, n)[1] for n in (1, 2)] for made in (shop, other)}
    for made in (shop, other):
        datasets.delete_dataset(ctx, made)
    assert [path.is_file() for path in paths[shop]] == [False, False]
    assert [path.is_file() for path in paths[other]] == [True, True]


# ------------------------------------------------------------------ tried and compared


def test_the_preview_tells_what_the_version_will_be(ctx: Context, shop: int) -> None:
    values = {"edits": {"4": talk("What does number 4 cost?", "Nothing at all.")}}
    seen = preview.preview(ctx, shop, "edit_rows", values)
    assert seen["summary"] == {"changed": 1, "dropped": 0, "added": 0, "moved": 0}
    (example,) = seen["examples"]
    assert (example["id"], example["what"]) == (4, "changed")
    assert example["before"]["messages"][-1]["content"] == ANSWERS[4]
    assert example["after"]["messages"][-1]["content"] == "Nothing at all."
    assert (seen["before"], seen["after"], seen["looked"], seen["whole"]) == (30, 30, 30, True)
    assert len(versions.versions_of(ctx, shop)) == 1


def test_of_many_rows_the_preview_tries_those_that_are_named(
    ctx: Context, shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.services.data.versions.preview._WHOLE", 10)
    monkeypatch.setattr("engine.services.data.versions.preview._SAMPLE", 5)
    seen = preview.preview(ctx, shop, "drop_rows", {"rows": [28]})
    assert (seen["looked"], seen["whole"], seen["summary"]["dropped"]) == (6, False, 1)
    assert seen["splits"] == {"before": {"train": 5, "val": 1, "test": 0}, "after": {"train": 5, "val": 0, "test": 0}}


def test_of_very_long_rows_the_preview_tries_as_many_as_take_no_time(
    ctx: Context, shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.services.data.versions.preview._MOST_BYTES", 1_000)
    seen = preview.preview(ctx, shop, "split_random", {})
    assert not seen["whole"]
    assert 1 <= seen["looked"] < 10
    monkeypatch.setattr("engine.services.data.versions.preview._MOST_BYTES", 1)
    assert preview.preview(ctx, shop, "split_random", {})["looked"] == 1


def test_two_versions_are_compared_row_by_row(ctx: Context, shop: int) -> None:
    edit = {**talk("What does number 4 cost?", "Nothing at all."), "id": 4, "split": "train"}
    move = {**talk("What does number 6 cost?", ANSWERS[6]), "id": 6, "split": "val"}
    versions.apply_edits(ctx, shop, [edit, move], [8])
    versions.add_rows(ctx, shop, [talk("New?", "Yes.")], "review", {})
    found = {what: compare.compare(ctx, shop, 1, 3, what) for what in ("changed", "dropped", "added", "moved")}
    assert {what: [row["id"] for row in one["rows"]] for what, one in found.items()} == {
        "changed": [4], "dropped": [8], "added": [30], "moved": [6],
    }  # fmt: skip
    assert found["changed"]["counts"] == {"changed": 1, "dropped": 1, "added": 1, "moved": 1, "same": 27}
    (changed,) = found["changed"]["rows"]
    assert changed["before"]["messages"][-1]["content"] == ANSWERS[4]
    assert found["dropped"]["rows"][0]["after"] is None
    back = compare.compare(ctx, shop, 3, 1, "added")
    assert [row["id"] for row in back["rows"]] == [8]
    assert compare.compare(ctx, shop, 1, 3, "changed", offset=1)["rows"] == []
    with pytest.raises(Fault):
        compare.compare(ctx, shop, 1, 3, "renamed")


def test_a_change_of_other_columns_alone_is_a_change(ctx: Context) -> None:
    rows = [{**talk(f"{n}?", f"{n}."), "extra": {"mail": f"lamp{n}@lamps.io"}} for n in range(3)]
    made = add_dataset(ctx, rows)
    edit = {**rows[1], "id": 1, "split": "train", "extra": {"mail": "none"}}
    assert preview.preview(ctx, made, "mend_encoding", {})["summary"]["changed"] == 0
    versions.apply_edits(ctx, made, [edit], [])
    assert versions.versions_of(ctx, made)[0]["summary"]["changed"] == 1
    (changed,) = compare.compare(ctx, made, 1, 2, "changed")["rows"]
    assert (changed["id"], changed["after"]["extra"]) == (1, {"mail": "none"})


# ------------------------------------------------------------------ rows


def test_rows_are_filtered_and_sorted_by_their_numbers(ctx: Context, shop: int) -> None:
    held = data_rows.browse(ctx, shop, {"split": "val", "sort": "id", "descending": True}, 0, 3)
    assert ([row["id"] for row in held["rows"]], held["total"], held["exact"]) == ([29, 28, 27], 4, True)
    rest = data_rows.browse(ctx, shop, {"split": "val", "sort": "id", "descending": True}, held["next"], 3)
    assert ([row["id"] for row in rest["rows"]], rest["done"]) == ([26], True)
    longest = data_rows.browse(ctx, shop, {"sort": "answer", "descending": True}, 0, 1)["rows"][0]
    assert longest["numbers"]["answer"] == max(map(len, ANSWERS))
    with pytest.raises(Fault):
        data_rows.browse(ctx, shop, {"sort": "colour"})


def test_a_search_goes_on_where_it_stopped(ctx: Context, shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = data_rows.browse(ctx, shop, {"text": "COSTS 2"}, 0, 2)
    assert ([row["id"] for row in first["rows"]], first["next"], first["done"]) == ([2, 20], 21, False)
    monkeypatch.setattr(data_rows, "SLICE_SECONDS", 0.0)
    part = data_rows.browse(ctx, shop, {"text": "costs 2"}, first["next"], 10)
    assert (part["next"], part["done"], part["exact"]) == (22, False, False)
    assert data_rows.browse(ctx, shop, {"text": "messages"})["rows"] == []


def test_rows_are_found_by_another_column(ctx: Context) -> None:
    rows = [talk(f"{n}?", f"{n}.") | {"extra": {"kind": "odd" if n % 2 else "even", "n": n}} for n in range(8)]
    made = add_dataset(ctx, rows)
    assert data_rows.columns_of(ctx, made) == ["kind", "n"]
    assert sorted(data_rows.values_of_column(ctx, made, "kind")) == ["even", "odd"]
    found = data_rows.browse(ctx, made, {"column": "kind", "value": "odd"}, 0, 9)
    assert [row["id"] for row in found["rows"]] == [1, 3, 5, 7]
    assert [row["id"] for row in data_rows.browse(ctx, made, {"column": "n", "value": "4"})["rows"]] == [4]


def test_rows_with_findings_are_found_by_their_check(ctx: Context) -> None:
    rows = [talk(f"{n}?", f"{n}.") for n in range(6)]
    rows[4] = talk("Who?", "Write to anna.berg@mail.de, please.")
    made = add_dataset(ctx, rows, held_out=1)
    with pytest.raises(Fault) as caught:
        data_rows.browse(ctx, made, {"check": "any"})
    assert caught.value.code == "data.rows.no_audit"
    auditing.start_audit(ctx, made, {"off": [check.key for check in CHECKS if check.key != "personal"], "values": {}})
    run_here(ctx)
    for check in ("personal", "any"):
        assert [row["id"] for row in data_rows.browse(ctx, made, {"check": check})["rows"]] == [4]


def test_tokens_show_the_mask_and_rows_can_be_sorted_by_them(ctx: Context, shop: int) -> None:
    model = add_model(ctx)
    (seen,) = row_tokens.row_tokens(ctx, shop, [3], model)
    learnt = "".join(token["text"] for token in seen["tokens"] if token["trained"])
    assert learnt.startswith(ANSWERS[3])
    assert seen["trained"] < seen["length"]
    with pytest.raises(Fault) as caught:
        data_rows.browse(ctx, shop, {"sort": "tokens", "model": model})
    assert caught.value.code == "data.rows.not_measured"
    while (part := row_lengths.measure_tokens(ctx, shop, model))["measured"] < part["total"]:
        pass
    rows = data_rows.browse(ctx, shop, {"sort": "tokens", "model": model, "descending": True}, 0, 30)["rows"]
    lengths = [one["length"] for one in row_tokens.row_tokens(ctx, shop, [row["id"] for row in rows], model)]
    assert lengths == sorted(lengths, reverse=True)


def test_counting_tokens_goes_on_behind_what_was_written_whole(ctx: Context, shop: int) -> None:
    model = add_model(ctx)

    def counted() -> list[int]:
        while (part := row_lengths.measure_tokens(ctx, shop, model))["measured"] < part["total"]:
            pass
        found: list[int] = row_lengths.token_lengths(ctx, version_files.version_file(ctx, shop)[1], model).tolist()
        return found

    whole = counted()
    (file,) = ctx.settings.folder("cache", "row_tokens").iterdir()
    os.truncate(file, 4 * 7 + 2)
    assert counted() == whole


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (talk("Q", "A"), None),
        (talk("Q", " "), "data.turn.empty"),
        ({"messages": [{"role": "user", "content": "Q"}]}, "data.turn.no_answer"),
        ({"messages": [{"role": "assistant", "content": "A"}]}, "data.turn.first"),
        ({"messages": [{"role": "boss", "content": "Q"}]}, "data.turn.unknown_role"),
        ({"text": ""}, "data.row.empty"),
        ({"text": "half \ud800"}, "data.row.half_character"),
    ],
)
def test_an_edited_row_is_checked_as_imported_ones_are(row: dict[str, Any], code: str | None) -> None:
    fault = row_edits.check_row(row)
    assert (fault and fault["code"]) == code


# ------------------------------------------------------------------ rejected rows


def test_a_rejected_row_of_a_table_is_repaired_in_place(ctx: Context) -> None:
    made = upload(ctx, table(*[f"Q{n},A{n}" for n in range(12)], "too,many,cells", ",empty"), "rows.csv")
    import_as_found(ctx, made)
    listed = rejected_rows.rejected_rows(ctx, made)
    wide, empty = listed["rows"]
    assert (listed["total"], listed["repaired"], wide["line"]) == (2, 0, 14)
    assert rejected_rows.rejected_fields(ctx, made, wide["id"])["fields"] == [
        ["prompt", "too"],
        ["completion", "many,cells"],
    ]
    by_field = {"id": wide["id"], "values": {"prompt": "too", "completion": "many,cells"}}
    by_line = {"id": empty["id"], "raw": ",still empty"}
    assert rejected_rows.try_repair(ctx, made, by_field)["row"]["messages"][1]["content"] == "many,cells"
    assert rejected_rows.try_repair(ctx, made, by_line)["fault"]["code"] == "data.row.empty"
    with pytest.raises(Fault) as caught:
        rejected_rows.repair_rows(ctx, made, [by_field, by_line])
    assert (caught.value.code, caught.value.params) == ("data.rejected.still_wrong", {"line": 15})
    by_line["raw"] = 'now,"right, with a comma"'
    assert rejected_rows.repair_rows(ctx, made, [by_field, by_line], base=1) == {"version": 2}
    assert [row["messages"][1]["content"] for row in rows_of(ctx, made)[12:]] == ["many,cells", "right, with a comma"]
    assert [row["line"] for row in rows_of(ctx, made)[12:]] == [14, 15]
    after = rejected_rows.rejected_rows(ctx, made)
    assert after["repaired"] == 2
    view = datasets.dataset_view(ctx, made)
    assert (view["rejected"], view["repaired"], view["versions"]) == (2, 2, 2)
    assert all(row["repaired_at"] for row in after["rows"])


def test_a_rejected_line_of_json_is_repaired_and_all_are_taken_away_as_they_were(ctx: Context) -> None:
    lines = [b'{"prompt": "open', b'{"prompt": "alone"}']
    made = upload(ctx, jsonl(*[good(n) for n in range(12)]) + b"\n".join(lines) + b"\n")
    import_as_found(ctx, made)
    broken, alone = rejected_rows.rejected_rows(ctx, made)["rows"]
    assert rejected_rows.rejected_fields(ctx, made, broken["id"])["fields"] is None
    assert dict(rejected_rows.rejected_fields(ctx, made, alone["id"])["fields"])["prompt"] == "alone"
    repair = {"id": broken["id"], "raw": '{"prompt": "open", "completion": "closed"}'}
    assert rejected_rows.repair_rows(ctx, made, [repair]) == {"version": 2}
    pieces, name = rejected_rows.rejected_file(ctx, made)
    assert (b"".join(pieces), name) == (b"\n".join(lines) + b"\n", "rows - rejected.jsonl")


def test_rejected_rows_of_a_table_leave_under_their_header_byte_for_byte(ctx: Context) -> None:
    data = table(*[f"Q{n},A{n}" for n in range(12)], "too,many,cells").replace(b"prompt", b"frage")
    made = upload(ctx, data + b"caf\xe9\xff,x,y\n", "rows.csv")
    view = datasets.dataset_view(ctx, made)
    mapping = {"prompt": "frage", "completion": "completion"}
    imports.import_dataset(ctx, made, name="rows", shape="prompt_completion", mapping=mapping, encoding="utf-8")
    assert view["columns"] == ["frage", "completion"]
    pieces, name = rejected_rows.rejected_file(ctx, made)
    assert (b"".join(pieces), name) == (b"frage,completion\ntoo,many,cells\ncaf\xe9\xff,x,y\n", "rows - rejected.csv")
    with pytest.raises(NotFound):
        rejected_rows.rejected_file(ctx, ready(ctx))


def test_rejected_rows_of_a_table_run_no_formulas_and_come_back_as_they_were(ctx: Context) -> None:
    rejected = ["=cmd,'=x,third", '"=1, 2",@y,third']
    made = upload(ctx, table(*[f"Q{n},A{n}" for n in range(12)], *rejected), "rows.csv")
    import_as_found(ctx, made)
    pieces, name = rejected_rows.rejected_file(ctx, made)
    taken = b"".join(pieces)
    assert taken.split(b"\n")[1:3] == [b"'=cmd,''=x,third", b"\"'=1, 2\",'@y,third"]
    again = upload(ctx, table(*[f"Q{n},A{n}" for n in range(12)]) + taken.partition(b"\n")[2], name)
    import_as_found(ctx, again)
    raws = [[row["raw"] for row in rejected_rows.rejected_rows(ctx, one)["rows"]] for one in (made, again)]
    assert [raw.rstrip() for raw in raws[0]] == [raw.rstrip() for raw in raws[1]]
