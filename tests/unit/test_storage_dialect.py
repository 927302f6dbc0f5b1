"""SQLite is named in one place, and what stands there does what the rest relies on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.text import catalogue
from storage import dialect
from storage.db import Database
from storage.job_tables import Job, JobEvent, JobStatus, Metric
from storage.migrate import MigrationError, migrate, schema_version
from storage.queries import events, metrics, settings
from storage.tables import Setting

ROOT = Path(__file__).parents[2]
OURS = ROOT / "storage" / "dialect.py"
MIGRATIONS = ROOT / "storage" / "migrations"
OTHERS = {  # that read such a file as somebody's upload
    "engine/data/detection/file_signatures.py",
    "engine/data/detection/named_data.py",
    "engine/data/readers/tables/sqlite_tables.py",
    "engine/data/readers/tables/take.py",
    "engine/data/splits/words.py",
}
IMPORTS = ("sqlite3", "pysqlite3", "sqlalchemy.dialects", "sqlalchemy.text", "sqlalchemy.literal_column")
WORDS = re.compile(
    r"sqlite|\bpragma\b|\bjulianday\b|\browid\b|\bvacuum\b|\bon_conflict|\bexec_driver_sql\b|\bwal_checkpoint\b"
    r"|\bdatabase or disk is full|\bdatabase is locked|\bBEGIN (IMMEDIATE|EXCLUSIVE)|\bINSERT OR (REPLACE|IGNORE)"
    r"|\bjson_(extract|object|each|set|group_array|patch)\b"
    r"|\bfunc\.(iif|strftime|datetime|date|unixepoch|ifnull|instr|group_concat|glob|total|changes|random|json\w*)\b",
    re.IGNORECASE,
)


def _sources() -> list[Path]:
    files = [file for folder in ("storage", "engine", "webui") for file in (ROOT / folder).rglob("*.py")]
    known = {ROOT / name for name in OTHERS} | {OURS}
    assert known <= {*files, ROOT / "app.py"}
    return [ROOT / "app.py", *sorted(f for f in files if f not in known and MIGRATIONS not in f.parents)]


def _imported(source: str) -> set[str]:
    """Names of imported modules and of what is imported from them, whether a function or a type checker imports them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _own_to_sqlite(source: str) -> list[str]:
    modules = [name for name in _imported(source) if any(name == m or name.startswith(m + ".") for m in IMPORTS)]
    return sorted(modules) + [found.group() for found in WORDS.finditer(source)]


# ------------------------------------------------------------------ who names it


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3",
        "def f():\n    from sqlalchemy.dialects.postgresql import insert",
        "from sqlalchemy import text",
        "rank = func.iif(a, 0, 1)",
        "Index('x', 'a', sqlite_where=b)",
        "statement.on_conflict_do_nothing()",
        "s.execute('PRAGMA user_version')",
    ],
)
def test_the_reader_sees_what_it_must(source: str) -> None:
    assert _own_to_sqlite(source)


def test_the_reader_leaves_portable_code_alone() -> None:
    portable = (
        "import time\nfrom sqlalchemy import case, func\nfunc.max(a)\ntime.strftime('%H')\ndef _json_object(): ..."
    )
    assert _own_to_sqlite(portable) == []


def test_nothing_else_names_it() -> None:
    found = {file.relative_to(ROOT).as_posix(): _own_to_sqlite(file.read_text(encoding="utf-8")) for file in _sources()}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_module_of_storage_imports_itself_by_a_detour() -> None:
    files = [file for file in (ROOT / "storage").rglob("*.py") if file.parent.name != "versions"]
    names = {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in files}
    asks = {name: _imported(file.read_text(encoding="utf-8")) & names.keys() for name, file in names.items()}
    left = dict(asks)
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


# ------------------------------------------------------------------ statements


def _job(ctx: Context, lane: str = "cpu", status: JobStatus = JobStatus.QUEUED) -> int:
    with ctx.db.write() as s:
        job = Job(name="a", kind="export", lane=lane, position=1.0, status=status, spec={})
        s.add(job)
        s.flush()
        return job.id


def _metric(s: Session, job: int, value: float) -> None:
    row = {"job_id": job, "name": "train_loss", "step": 1, "value": value, "at": 5.0}
    s.execute(dialect.upsert(Metric, ("job_id", "name", "step"), ("value",), at=9.0), [row])


def test_an_upsert_inserts_then_replaces_the_named_columns(ctx: Context) -> None:
    job = _job(ctx)
    with ctx.db.write() as s:
        _metric(s, job, 1.0)
        first = s.query(Metric.id, Metric.value, Metric.at).one()
        _metric(s, job, 2.0)
        second = s.query(Metric.id, Metric.value, Metric.at).one()
    assert (first.value, first.at) == (1.0, 5.0)
    assert tuple(second) == (first.id, 2.0, 9.0)


def test_an_upsert_of_single_values_keeps_the_key(ctx: Context) -> None:
    with ctx.db.write() as s:
        for value in ({"a": 1}, {"b": None}):
            settings.put_value(s, "theme", value)
        assert s.query(Setting).count() == 1
        assert settings.get_value(s, "theme") == {"b": None}


def test_a_column_kept_from_its_index_finds_the_same(ctx: Context) -> None:
    ours, other = _job(ctx), _job(ctx)
    with ctx.db.write() as s:
        _metric(s, ours, 1.0)
        _metric(s, other, 2.0)
        newest = s.query(Metric.id).order_by(Metric.id.desc()).limit(1).scalar()
        assert str(dialect.not_by_index(Metric.job_id) == other).startswith("+metrics.job_id = ")
        assert metrics.series_after(s, other, newest - 1) == ({"train_loss": [(1, 2.0)]}, newest)
        assert metrics.series_after(s, ours, newest - 1) == ({}, newest - 1)


# ------------------------------------------------------------------ schema


def test_a_lane_has_one_active_job_and_many_others(ctx: Context) -> None:
    active, waiting = _job(ctx, status=JobStatus.RUNNING), _job(ctx)
    for status in (JobStatus.STARTING, JobStatus.RUNNING, JobStatus.STOPPING):
        with pytest.raises(IntegrityError):
            _job(ctx, status=status)
    _job(ctx, lane="cuda:0", status=JobStatus.RUNNING)
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == active).values(status=JobStatus.SUCCEEDED))
        s.execute(update(Job).where(Job.id == waiting).values(status=JobStatus.RUNNING))


def test_the_declared_index_is_that_of_the_migrations(ctx: Context, tmp_path: Path) -> None:
    declared = dialect.bare_engine(tmp_path / "declared.db")
    Job.metadata.create_all(declared)
    look = text("SELECT sql FROM sqlite_master WHERE name = 'uq_jobs_active_lane'")
    with ctx.db.read() as s, declared.connect() as connection:
        assert s.scalar(look) == connection.scalar(look)
    declared.dispose()


def _happened(ctx: Context, job: int) -> list[JobEvent]:
    with ctx.db.read() as s:
        return events.events_after(s, job, 0, 10)


def test_the_database_itself_records_each_change_of_status(ctx: Context) -> None:
    job = _job(ctx)
    with ctx.db.write() as s:
        s.execute(update(Job).where(Job.id == job).values(status=JobStatus.STARTING, attempt=1))
        s.execute(update(Job).where(Job.id == job).values(status=JobStatus.STARTING, step=4))
    queued, starting = _happened(ctx, job)
    assert (queued.kind, queued.code, queued.params, queued.attempt) == ("status", "queued", {}, 0)
    assert (starting.code, starting.params, starting.attempt) == ("starting", {"from": "queued"}, 1)
    with ctx.db.read() as s:
        assert abs(starting.at - s.query(Job.created_at).scalar()) < 60


def test_the_triggers_for_migrations_are_those_of_a_new_database(ctx: Context) -> None:
    with ctx.db.read() as s:
        there = s.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")).all()
    assert [" ".join(sql.split()) for sql in there] == list(dialect.status_triggers())


# ------------------------------------------------------------------ connections


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 15_000)]
)
def test_every_connection_is_durable_and_patient(ctx: Context, pragma: str, value: object) -> None:
    with ctx.db.read() as reading, ctx.db.write() as writing:
        assert [s.scalar(text(f"PRAGMA {pragma}")) for s in (reading, writing)] == [value, value]


def test_a_writer_holds_the_lock_before_it_writes(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_DURABLE", ("busy_timeout=0",))
    other = Database(ctx.settings.database)
    with ctx.db.write() as s:
        s.connection()
        with pytest.raises(OperationalError, match="locked"), other.write() as late:
            late.connection()
    other.close()


def test_a_full_disk_is_told_from_other_faults(ctx: Context) -> None:
    with ctx.db.write() as s:
        s.execute(text(f"PRAGMA max_page_count = {s.scalar(text('PRAGMA page_count'))}"))
        with pytest.raises(OperationalError) as full:
            settings.put_value(s, "large", {"text": "x" * 1_000_000})
        s.rollback()
    found = [
        dialect.complaint(error)
        for error in (full.value, OperationalError("INSERT", {}, Exception("database is locked")))
    ]
    assert [told and told.kind for told in found] == ["full", "locked"]


def test_the_program_in_use_is_named_and_its_warning_has_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dialect.software().name == "SQLite"
    monkeypatch.setattr(dialect, "_FIXED_IN", (99,))
    warning = dialect.software().warning
    assert {f"cli.serve.{warning}", f"cli.doctor.{warning}"} <= catalogue("en").keys()
    monkeypatch.setattr(dialect, "_FIXED_IN", (3,))
    assert dialect.software().warning is None


# ------------------------------------------------------------------ backups


def test_a_copy_holds_what_is_not_yet_in_the_main_file_and_comes_back(ctx: Context, tmp_path: Path) -> None:
    file, copy = ctx.settings.database, tmp_path / "copy.db"
    with ctx.db.write() as s:
        settings.put_value(s, "theme", {"is": "old"})
    dialect.back_up(file, copy)
    with ctx.db.write() as s:
        settings.put_value(s, "theme", {"is": "new"})
    ctx.db.close()
    dialect.restore(copy, file)
    with ctx.db.read() as s:
        assert settings.get_value(s, "theme") == {"is": "old"}


def test_a_failed_migration_leaves_the_database_as_it_was(ctx: Context) -> None:
    file = ctx.settings.database
    with ctx.db.write() as s:
        settings.put_value(s, "theme", {"is": "kept"})
        s.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    ctx.db.close()
    with pytest.raises(MigrationError, match="could not be upgraded from 0001"):
        migrate(file)  # the tables of 0002 are there already
    assert schema_version(file) == "0001"
    with ctx.db.read() as s:
        assert settings.get_value(s, "theme") == {"is": "kept"}
    assert file.with_name("tunesmith.before-0001.db").is_file()


def test_a_rebuild_that_breaks_references_is_found(ctx: Context) -> None:
    url = dialect.address(ctx.settings.database)
    engine = dialect.migration_engine(url)
    with engine.connect() as connection:
        connection.execute(
            text("INSERT INTO metrics (job_id, name, step, value, at) VALUES (77, 'train_loss', 1, 1.0, 1.0)")
        )
        (broken,) = dialect.broken_references(connection)
    engine.dispose()
    assert (broken[0], broken[2]) == ("metrics", "jobs")
