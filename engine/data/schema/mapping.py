"""Which column, or which wording, stands for which field: checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.errors import Fault
from engine.data.schema.declared import Shape
from engine.data.schema.templated_columns import Wording, check_wordings


@dataclass(frozen=True)
class ColumnMapping:
    """How the columns of a file become rows of a shape: `columns` by field, and `wordings` where there are any."""

    shape: Shape  # what rows become
    columns: Mapping[str, str]  # field -> column, without empty entries
    wordings: Mapping[str, tuple[Wording, ...]] = field(default_factory=dict)  # field -> its wordings
    tidy: tuple[str, ...] = ()  # repairs of whole conversations, as `TIDIES` has them

    @property
    def used(self) -> set[str]:
        """Every column that becomes part of what is trained on."""
        named = {column for several in self.wordings.values() for wording in several for column in wording.columns}
        return named | {column for key, column in self.columns.items() if key not in self.wordings}

    def takes(self, column: str) -> bool:
        """Whether what a column holds becomes part of a row's content."""
        return column in self.used or bool(self.shape.rest and self.shape.rest not in self.columns)

    def names(self, key: str, column: str) -> bool:
        """Whether a wording of field `key` has this column in it."""
        return any(column in wording.columns for wording in self.wordings.get(key, ()))


def make_plan(
    shape: Shape,
    mapping: Mapping[str, str | None],
    columns: Sequence[str],
    templates: Mapping[str, Sequence[str]] | None = None,
) -> ColumnMapping:
    """The checked plan.

    Raises:
        Fault: see `check_mapping` and `check_wordings`; "data.wording.not_here", "data.wording.constant".
    """
    wordings = check_wordings(templates, columns)
    for key in wordings:
        wanted = shape.field(key)
        if wanted is None:
            raise Fault("data.mapping.unknown_field", field=str(key)[:60])
        if not wanted.wording:
            raise Fault("data.wording.not_here", field=key)
    chosen = check_mapping(shape, mapping, columns, tuple(wordings))
    plan = ColumnMapping(shape, chosen, wordings)
    if not plan.used:
        raise Fault("data.wording.constant", field=next(iter(wordings)))
    return plan


def check_mapping(
    shape: Shape, mapping: Mapping[str, str | None], columns: Sequence[str], worded: Sequence[str] = ()
) -> dict[str, str]:
    """The mapping without empty entries. Fields in `worded` need no column of their own.

    Raises:
        Fault: "data.mapping.missing", "data.mapping.unknown_field", "data.mapping.unknown_column",
            "data.mapping.same_column".
    """
    chosen = {key: column for key, column in mapping.items() if column}
    seen: dict[str, str] = {}
    for key, column in chosen.items():
        if shape.field(key) is None:
            raise Fault("data.mapping.unknown_field", field=str(key)[:60])
        if column not in columns:
            raise Fault("data.mapping.unknown_column", column=str(column)[:200], field=key)
        if key in worded:
            continue
        if column in seen:
            raise Fault("data.mapping.same_column", column=column, field=key, other=seen[column])
        seen[column] = key
    for f in shape.fields:
        if f.required and f.key not in chosen and f.key not in worded:
            raise Fault("data.mapping.missing", field=f.key)
    return chosen
