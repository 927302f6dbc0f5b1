"""Versions of data sets as operations see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.params import read_all
from engine.data.operations.base import FoundRow, Operation, Source
from engine.data.operations.source import Links, RowsSource
from engine.data.rows.index import Column, RowIndex
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder
from engine.services.data.versions.version_files import ready, version_file
from storage.data_tables import DatasetVersion
from storage.queries import versions as queries
from storage.queries.base_models import get_model
from storage.tables import Dataset


def values_of(operation: Operation, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an operation, checked. Raises SpecError with every fault, by "operation.<key>"."""
    values, faults = read_all(operation.params, raw, "operation")
    if faults:
        raise SpecError(faults)
    return values


def refuse_kind(operation: Operation, row: Dataset) -> None:
    """Raises Fault("data.version.wrong_kind") where the operation is not for such rows."""
    if row.kind not in operation.kinds:
        raise Fault("data.version.wrong_kind", operation=operation.label.as_dict())


def rows_of_others(ctx: Context, operation: Operation, values: Mapping[str, Any]) -> int:
    """How many rows the other data sets have that the settings name. Raises NotFound, Fault("data.not_imported")."""
    named = [values[param.key] for param in operation.params if param.source == "dataset"]
    ids = [one for value in named for one in (value if isinstance(value, list) else [value]) if one is not None]
    return sum(row.train_rows + row.val_rows + row.test_rows for row in (ready(ctx, one) for one in ids))


def evenly(rows: int, share: float) -> Column:
    """Places of a share of the rows, evenly spread; one at least."""
    count = min(rows, max(1, round(rows * share)))
    return np.arange(count) * rows // max(1, count)


@contextmanager
def open_source(
    ctx: Context,
    version: DatasetVersion,
    path: Path,
    places: Sequence[int] | Column | None = None,
    share_of_others: float = 1.0,
    passed: Callable[[int], None] = lambda _rows: None,
) -> Iterator[RowsSource]:
    """A version, or some of its rows, as operations see it; of other data sets they see a share of the rows.

    Args:
        passed: as `RowsSource` takes it.
    """
    with ExitStack() as stack:
        yield stack.enter_context(_source(ctx, stack, version, path, places, share_of_others, passed))


def _source(
    ctx: Context,
    stack: ExitStack,
    version: DatasetVersion,
    path: Path,
    places: Sequence[int] | Column | None,
    share_of_others: float,
    passed: Callable[[int], None],
) -> RowsSource:
    row = ready(ctx, version.dataset_id)

    def found(check: str) -> Iterator[FoundRow]:
        from engine.services.data.versions.found_rows import found_rows  # checks load what only they need

        return found_rows(ctx, row.id, check, version.content_hash)

    def other(dataset: int) -> Source:
        there, file = version_file(ctx, dataset)
        some = None if share_of_others == 1 else evenly(len(RowIndex.open(file)), share_of_others)
        return stack.enter_context(_source(ctx, stack, there, file, some, 1.0, passed))

    def template(model: int) -> ChatTemplate:
        with ctx.db.read() as s:
            base = get_model(s, model)
        if base is None:
            raise NotFound(model=model)
        return open_template(tokenizer_folder(ctx.settings, base), base.name)

    return RowsSource(
        path,
        name=row.name,
        kind=str(row.kind),
        seed=row.seed,
        first_id=_last_id(ctx, row.id) + 1,
        links=Links(found, other, template),
        folder=ctx.settings.folder("datasets"),
        places=places,
        passed=passed,
    )


def _last_id(ctx: Context, dataset_id: int) -> int:
    """The highest id that a row of any version has or had."""
    with ctx.db.read() as s:
        versions = queries.all_of(s, dataset_id)
    highest = -1
    for version in versions:
        path = ctx.settings.absolute(version.rows_path)
        if "last_id" in version.summary:
            highest = max(highest, version.summary["last_id"])
        elif path.is_file():
            highest = max(highest, int(RowIndex.open(path).id.max(initial=0)))
    return highest
