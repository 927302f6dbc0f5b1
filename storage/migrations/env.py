"""Alembic's entry: one transaction a migration, foreign keys off while tables are rebuilt, and checked afterwards."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, event

from storage import comparison_tables, data_tables, job_tables, planning_tables, tables  # noqa: F401  (fill the metadata)
from storage.base import Base
from storage.db import sqlite_module


def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    engine = create_engine(url, module=sqlite_module())

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=15000")
        connection.execute("PRAGMA journal_mode=WAL")
        # On, a batch rebuild of a parent table would silently cascade its children away.
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection) -> None:  # type: ignore[no-untyped-def]
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"foreign keys broken after the migration: {broken[:5]}")
    engine.dispose()


_run()
