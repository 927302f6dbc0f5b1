"""Alembic's entry: one transaction a migration, foreign keys off while tables are rebuilt, and checked afterwards."""

from __future__ import annotations

from alembic import context

from storage import (  # noqa: F401  (fill the metadata)
    api_tables,
    comparison_tables,
    data_tables,
    dialect,
    job_tables,
    planning_tables,
    ranking_tables,
    tables,
)
from storage.base import Base


def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    engine = dialect.migration_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=dialect.REBUILDS_TABLES,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if broken := dialect.broken_references(connection):
            raise RuntimeError(f"foreign keys broken after the migration: {broken[:5]}")
    engine.dispose()


_run()
