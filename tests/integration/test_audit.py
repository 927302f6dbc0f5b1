"""An audit as a job on a real database: started, followed, stopped, read; its repairs; the marks on the cards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.data.audits import running
from engine.data.audits.packing import pack, unpack
from engine.data.operations.base import FoundRow
from engine.data.quality import CHECKS
from engine.data.rows.store import read_rows
from engine.services.data.quality import auditing
from engine.services.data.versions import recipes, version_files, versions
from engine.services.data.versions.found_rows import found_rows
from engine.services.jobs.lifecycle import job_view
from storage.job_tables import JobStatus
from storage.queries import audits as queries
from storage.queries.jobs import get_job
from tests.tiny import add_config, add_dataset
from tests.workers import run_here, run_worker

OF_CHAT = [check for check in CHECKS if "chat" in check.kinds]


def talk(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


ROWS = [talk(f"What does lamp number {n} cost?", f"Lamp number {n} costs {n} coins.") for n in range(20)]
MAIL = {**talk("Who?", "Write to anna@lamps.io."), "extra": {"phone": 13812345678}}
FAULTY = [*ROWS, MAIL, talk("Twice?", "Yes, twice."), talk("Twice?", "Yes, twice.")]


@pytest.fixture
def faulty(ctx: Context) -> int:
    return add_dataset(ctx, FAULTY)


def done(ctx: Context, dataset: int, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The audit, made in this process."""
    auditing.start_audit(ctx, dataset, settings)
    assert run_here(ctx).status == JobStatus.SUCCEEDED
    return auditing.audit_of(ctx, dataset)


def test_an_audit_finds_what_is_there_and_nothing_else(ctx: Context, faulty: int) -> None:
    assert auditing.audit_of(ctx, faulty)["state"] == "none"
    job = auditing.start_audit(ctx, faulty)
    assert auditing.start_audit(ctx, faulty) == job
    assert auditing.audit_of(ctx, faulty)["state"] == "waiting"
    assert run_worker(ctx).status == JobStatus.SUCCEEDED
    audit = auditing.audit_of(ctx, faulty)
    assert (audit["state"], audit["share"], set(audit["checks"])) == ("done", 1.0, {check.key for check in OF_CHAT})
    found = {key: one["rows"] for key, one in audit["checks"].items() if one["rows"]}
    assert found == {"personal": 1, "exact_duplicates": 2} | (
        {"leakage": found["leakage"]} if "leakage" in found else {}
    )
    assert [one.row for one in found_rows(ctx, faulty, "exact_duplicates")] == [21, 22]


def test_found_rows_come_with_what_was_found_marked(ctx: Context, faulty: int) -> None:
    done(ctx, faulty)
    page = auditing.findings(ctx, faulty, "personal")
    assert page["next"] is None
    (row,) = page["rows"]
    assert (row["id"], row["place"], row["detail"]) == (20, 20, {"code": "personal", "kinds": ["email", "phone"]})
    assert row["parts"][1]["pieces"] == [("Write to ", ""), ("anna@lamps.io", "email"), (".", "")]
    other = {"role": "text", "list": "beside", "name": "phone", "pieces": [("13812345678", "phone")]}
    assert row["parts"][2:] == [other]


def test_a_repair_makes_a_version_whose_audit_is_another_one(ctx: Context, faulty: int) -> None:
    done(ctx, faulty)
    assert auditing.marks(ctx)[faulty]["serious"] >= 1
    versions.apply(ctx, faulty, "mask_found", {"check": "personal"})
    assert auditing.audit_of(ctx, faulty)["state"] == "none"
    assert faulty not in auditing.marks(ctx)
    with pytest.raises(Fault) as missing:
        found_rows(ctx, faulty, "personal")
    assert missing.value.code == "data.audit.missing"
    assert done(ctx, faulty)["checks"]["personal"] == {"rows": 0, "groups": 0}
    versions.use_version(ctx, faulty, 1)
    assert auditing.audit_of(ctx, faulty)["checks"]["personal"]["rows"] == 1


def test_a_repair_reads_what_was_found_in_the_version_that_it_is_made_from(ctx: Context, faulty: int) -> None:
    done(ctx, faulty)
    edit = {"20": talk("Who?", "Somebody altogether else: bob@lamps.io, whom you know well.")}
    versions.apply(ctx, faulty, "edit_rows", {"edits": edit})
    done(ctx, faulty)
    recipe = recipes.Recipe("mask_found", {"check": "personal", "rows": None, "kinds": ["email"]})
    number = versions.make_version(ctx, faulty, recipe, base=1)
    assert (
        list(read_rows(version_files.version_file(ctx, faulty, number)[1]))[20]["messages"][1]["content"]
        == "Write to [EMAIL]."
    )


def test_settings_choose_the_checks_and_are_kept(ctx: Context, faulty: int) -> None:
    off = [check.key for check in CHECKS if check.key != "personal"]
    settings = {"off": off, "values": {"personal": {"kinds": ["ip"]}}}
    assert done(ctx, faulty, settings)["checks"] == {"personal": {"rows": 0, "groups": 0}}
    versions.apply(ctx, faulty, "drop_rows", {"rows": [1]})
    assert auditing.audit_of(ctx, faulty)["settings"] == settings
    with pytest.raises(SpecError) as wrong:
        auditing.start_audit(ctx, faulty, {"values": {"near_duplicates": {"threshold": 2}}})
    assert set(wrong.value.faults) == {"near_duplicates.threshold"}
    with pytest.raises(NotFound):
        auditing.start_audit(ctx, 99)


def test_other_settings_take_the_place_of_a_waiting_audit(ctx: Context, faulty: int) -> None:
    first = auditing.start_audit(ctx, faulty)
    second = auditing.start_audit(ctx, faulty, {"off": ["toxic"]})
    assert second != first
    assert run_here(ctx).id == second
    assert "toxic" not in auditing.audit_of(ctx, faulty)["checks"]


def test_a_search_through_an_older_version_makes_room(ctx: Context, faulty: int) -> None:
    older = auditing.start_audit(ctx, faulty)
    versions.apply(ctx, faulty, "drop_rows", {"rows": [0]})
    assert auditing.start_audit(ctx, faulty) != older
    assert job_view(ctx, older)["status"] == JobStatus.CANCELLED


def test_an_audit_that_is_about_to_end_is_not_taken_for_a_new_one(ctx: Context, faulty: int) -> None:
    ending = auditing.start_audit(ctx, faulty)
    with ctx.db.write() as s:
        job = get_job(s, ending)
        assert job is not None
        job.status, job.request = JobStatus.RUNNING, "cancel"
    assert auditing.start_audit(ctx, faulty) != ending


def test_an_audit_can_be_ended_and_begun_again(ctx: Context, faulty: int) -> None:
    auditing.start_audit(ctx, faulty)
    auditing.stop_audit(ctx, faulty)
    assert auditing.audit_of(ctx, faulty)["state"] == "stopped"
    assert done(ctx, faulty)["state"] == "done"


def test_checks_that_were_through_are_not_made_again(
    ctx: Context, faulty: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditing.start_audit(ctx, faulty)
    with ctx.db.write() as s:
        audit = queries.newest(s, faulty, _hash(ctx, faulty))
        assert audit is not None
        queries.put_finding(s, audit.id, "personal", 7, 0, pack([]).payload)
    made: list[str] = []
    really = running.run_check

    def noted(job: running.ChecksRun, key: str, *rest: Any) -> Any:
        made.append(key)
        return really(job, key, *rest)

    monkeypatch.setattr(running, "run_check", noted)
    run_here(ctx)
    assert "personal" not in made
    assert len(made) == len(OF_CHAT) - 1
    assert auditing.audit_of(ctx, faulty)["checks"]["personal"]["rows"] == 7


def _hash(ctx: Context, dataset: int) -> str:
    return version_files.version_file(ctx, dataset)[0].content_hash


def test_too_long_for_a_model_is_counted_in_its_tokens_and_cut(ctx: Context) -> None:
    words = "lamp oil window river stone "
    dataset = add_dataset(ctx, [*ROWS[:9], talk("Say?", (words * 12 + ". ") * 120)])
    model = add_config(ctx, {})
    audit = done(ctx, dataset, {"values": {"too_long": {"model": model}}})
    assert audit["checks"]["too_long"]["rows"] == 1
    (found,) = found_rows(ctx, dataset, "too_long")
    assert found.detail["length"] > found.detail["limit"]
    versions.apply(ctx, dataset, "shorten_found", {"check": "too_long"})
    assert done(ctx, dataset)["checks"]["too_long"]["rows"] == 0


class _Told:
    """Who hears of the checks; ends them after a while where it shall."""

    def __init__(self, end: bool = False) -> None:
        self.shares: list[float] = []
        self.keys: list[str] = []
        self.end = end

    def progress(self, share: float) -> None:
        self.shares.append(share)
        if self.end:
            raise running.Stopped

    def found(self, check: str, _packed: Any, _seconds: float) -> None:
        self.keys.append(check)


def test_processes_of_their_own_find_the_same_and_can_be_ended(
    ctx: Context, faulty: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FEW_ROWS", 0)
    work = running.ChecksRun(version_files.version_file(ctx, faulty)[1], tmp_path)
    wanted: dict[str, dict[str, Any]] = {"exact_duplicates": {}, "refusals": {}}
    told = _Told()
    running.run_checks(work, wanted, told, processes=2)
    assert set(told.keys) == set(wanted)
    assert told.shares[-1] == 1.0
    begun = time.monotonic()
    with pytest.raises(running.Stopped):
        running.run_checks(work, wanted, _Told(end=True), processes=2)
    assert time.monotonic() - begun < 60
    assert not list(tmp_path.glob("audit-*"))


def test_packed_findings_are_read_from_any_place() -> None:
    found = [FoundRow(at, at // 3, {"code": "x", "at": at}) for at in range(1_234)]
    packed = pack(found)
    assert (packed.rows, packed.groups) == (1_234, 412)
    assert list(unpack(packed.payload)) == found
    assert [one.row for one in unpack(packed.payload, 1_000)][:2] == [1_000, 1_001]
    with pytest.raises(ValueError, match="packed"):
        list(unpack(b"something else"))
