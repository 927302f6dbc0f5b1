"""The files of versions of data sets."""

from __future__ import annotations

from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from storage.data_tables import DatasetVersion
from storage.queries import versions as queries
from storage.queries.datasets import get
from storage.tables import Dataset


def ready(ctx: Context, dataset_id: int) -> Dataset:
    """A data set that was imported. Raises NotFound or Fault("data.not_imported")."""
    with ctx.db.read() as s:
        row = get(s, dataset_id)
    if row is None:
        raise NotFound(dataset=dataset_id)
    if row.rows_path is None:
        raise Fault("data.not_imported", name=row.name)
    return row


def version_file(ctx: Context, dataset_id: int, number: int | None = None) -> tuple[DatasetVersion, Path]:
    """A version, the one in use where no number is given, and the file of its rows.

    Raises:
        NotFound: there is no such data set or version.
        Fault: "data.not_imported", or "data.file.rows_gone" when the file is not on the disk any more.
    """
    row = ready(ctx, dataset_id)
    with ctx.db.read() as s:
        version = queries.numbered(s, dataset_id, row.version if number is None else number)
    if version is None:
        raise NotFound(dataset=dataset_id, version=number)
    path = ctx.settings.absolute(version.rows_path)
    if not path.is_file():
        raise Fault("data.file.rows_gone", name=row.name)
    return version, path
